import type { Command } from 'commander';
import type { VersionRow } from '../client/admin-client.js';
import { type CommonFlags, name, withCommon } from './common-options.js';
import { humanBytes, shortDigest } from './format.js';
import { runCommand } from './run-command.js';
import { table } from './table.js';
import { printable, type Terminal } from './terminal.js';

export function addVersions(program: Command, terminal: Terminal): void {
  withCommon(
    program
      .command('versions')
      .summary("list a model's versions")
      .description('Lists the versions of a model: which is served, which was the last good one, which are withdrawn.')
      .argument('<model>', "the model's name", name),
    ['brink versions ocr-line', 'brink versions ocr-line --json | jq .release.epoch'],
  ).action((model: string, flags: CommonFlags) =>
    runCommand(flags, terminal, async ({ client, colors }) => {
      const answer = await client.versions(model);
      const paint = (cell: string, column: number): string => {
        if (column !== 2) return cell;
        if (cell.startsWith('serves')) return colors.green(cell);
        return cell === 'withdrawn' ? colors.red(cell) : cell;
      };
      const columns = [
        { head: 'VERSION' },
        { head: 'DIGEST' },
        { head: 'STATE' },
        { head: 'PLACEMENT' },
        { head: 'HANDLER' },
        { head: 'GOLDENS', align: 'right' },
        { head: 'SIZE', align: 'right' },
        { head: 'SIGNED BY' },
      ] as const;
      return {
        json: JSON.stringify(answer),
        text: () => {
          if (answer.versions.length === 0) return `${model} has no versions`;
          return [table(columns, answer.versions.map(rowOf), paint), ...looserLines(answer.versions)].join('\n');
        },
      };
    }),
  );
}

function rowOf(row: VersionRow): string[] {
  return [
    row.version,
    shortDigest(row.digest),
    stateOf(row),
    row.tiers.join(', '),
    handlerOf(row),
    String(row.goldens),
    humanBytes(row.bytes),
    row.signedBy.join(', '),
  ];
}

function stateOf({ fenced, stable, lastGood, damaged }: VersionRow): string {
  const damage = damaged ? ['DAMAGED: publish it again'] : [];
  if (fenced) return ['withdrawn', ...damage].join(', ');
  return [...(stable ? ['serves'] : []), ...(lastGood ? ['last good'] : []), ...damage].join(', ');
}

/** What a version is not held to stands below the table: it is a sentence, and most versions have none. */
const looserLines = (rows: readonly VersionRow[]): string[] =>
  rows
    .filter(({ looser }) => looser.length > 0)
    .map(({ version, looser }) => printable(`${version} is held to less than the default: ${looser.join('; ')}`));

function handlerOf({ handler }: VersionRow): string {
  if (handler === null) return '(raw tensors)';
  return typeof handler === 'string' ? handler : `${handler.name}@${handler.version}`;
}
