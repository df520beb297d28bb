import { type Command, Option } from 'commander';
import { type Collected, type CollectedVersion, collectGarbage } from '../store/collect-garbage.js';
import { type CommonFlags, wholeNumbers, withCommon } from './common-options.js';
import { humanBytes, humanTime, plural, shortDigest } from './format.js';
import { runCommand } from './run-command.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

interface GcFlags extends CommonFlags {
  readonly keepDays: number;
  readonly keepVersions: number;
  readonly delete?: boolean;
  readonly why: string;
}

const dayMs = 24 * 60 * 60 * 1_000;

export function addGc(program: Command, terminal: Terminal): void {
  withCommon(
    program
      .command('gc')
      .summary('remove versions and files that nobody needs')
      .description(
        'Removes the versions that no rule keeps, and the files that no version names. Kept is what is served, what was good\n' +
          'last, what rollback would go to, the newest versions, and all that was published, served or withdrawn lately; and\n' +
          'every file of the last 24 hours. Tells what would go, unless --delete is given.',
      )
      .option('--keep-days <n>', 'keep what was published, served or withdrawn within these days', wholeNumbers(0, 3_650), 30)
      .option('--keep-versions <n>', 'keep so many of the newest versions of each model', wholeNumbers(1, 256), 10)
      .addOption(new Option('--delete', 'do it'))
      .option('--why <text>', 'the reason, for the audit', 'collected with the brink CLI'), // prettier-ignore
    ['brink gc', 'brink gc --keep-days 90 --keep-versions 3', 'brink gc --delete', 'brink gc --json | jq .bytes'],
  ).action((flags: GcFlags) =>
    runCommand(flags, terminal, async ({ client, note }) => {
      const collected = await collectGarbage(client, {
        keepMs: flags.keepDays * dayMs,
        keepVersions: flags.keepVersions,
        delete: flags.delete === true,
        why: flags.why,
        nowMs: Date.now(),
        onProgress: (text) => {
          note(`  ${text}`);
        },
      });
      return { json: JSON.stringify(collected), text: () => collectedText(collected) };
    }),
  );
}

const columns = [
  { head: 'MODEL' },
  { head: 'VERSION' },
  { head: 'DIGEST' },
  { head: 'PUBLISHED' },
  { head: 'SIZE', align: 'right' },
] as const;

function collectedText({ deleted, versions, keptVersions, removed, bytes }: Collected): string {
  const rows = versions.map(rowOf);
  const files = Object.entries(removed).map(
    ([kind, one]) => `${kind.padEnd(12)} ${plural(one.files, 'file')}, ${humanBytes(one.bytes)}`,
  );
  const count = `${plural(versions.length, 'version')} ${deleted ? 'went' : 'would go'}, ${keptVersions} stay`;
  const total = files.length === 0 ? 'no file' : humanBytes(bytes);
  const last = deleted ? `freed ${total}` : `would free ${total}: nothing was changed; brink gc --delete does it`;
  return [...(rows.length === 0 ? [] : [table(columns, rows), '']), count, ...files, last].join('\n');
}

const rowOf = ({ model, version, digest, publishedAt, bytes }: CollectedVersion): string[] => [
  model,
  version,
  shortDigest(digest),
  humanTime(publishedAt),
  humanBytes(bytes),
];
