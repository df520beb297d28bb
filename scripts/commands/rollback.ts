import type { Command } from 'commander';
import type { AdminClient, RollbackAnswer, RollbackOptions } from '../client/admin-client.js';
import { RemoteError } from '../client/remote-error.js';
import { type CommonFlags, name, wholeNumbers, withCommon } from './common-options.js';
import { humanMs, humanTime, shortDigest } from './format.js';
import { runCommand } from './run-command.js';
import type { Terminal } from './terminal.js';
import { wayOut } from './way-out.js';

interface RollbackFlags extends CommonFlags {
  readonly to?: string;
  readonly why: string;
  readonly expectEpoch?: number;
}

const noteAfterMs = 300;

export function addRollback(program: Command, terminal: Terminal): void {
  withCommon(
    program
      .command('rollback')
      .summary('withdraw the version that is served')
      .description(
        'Withdraws the version that is served and goes back to the one before. Returns when the fence holds (about 2.3 s):\n' +
          'no answer of the withdrawn version is given after that.',
      )
      .argument('<model>', "the model's name", name)
      .option('--to <version>', 'go back to this version (default: the one that was served before)', name)
      .option('--why <text>', 'the reason, for the audit', 'rolled back with the brink CLI')
      .option('--expect-epoch <n>', 'only if nothing has changed since this epoch', wholeNumbers(0, 2 ** 48)),
    ['brink rollback ocr-line --why "misreads digits"', 'brink rollback ocr-line --to v1'],
  ).action((model: string, flags: RollbackFlags) =>
    runCommand(flags, terminal, async ({ client, note }) => {
      const { to, why, expectEpoch } = flags;
      const asked = `asked to withdraw what ${model} serves; the answer comes when no copy of the old release can be in use …`;
      // A refusal comes at once: nothing is said of a wait that there is none for.
      const waiting = setTimeout(() => note(asked), noteAfterMs);
      const result = await rollback(client, model, { to, why, expectEpoch }).finally(() => clearTimeout(waiting));
      return { json: JSON.stringify(result), text: () => rolledBackText(model, result) };
    }),
  );
}

async function rollback(client: AdminClient, model: string, options: RollbackOptions): Promise<RollbackAnswer> {
  try {
    return await client.rollback(model, options);
  } catch (error) {
    if (!(error instanceof RemoteError) || error.code !== 'nothing-to-roll-back-to') throw error;
    throw await wayOut(client, model, options, error);
  }
}

function rolledBackText(model: string, { release, withdrawn, fencedAt, waitedMs, reach }: RollbackAnswer): string {
  const lines = [
    `${model} serves ${release.stable?.version ?? 'nothing'} (epoch ${release.epoch}).`,
    `${withdrawn.version} (${shortDigest(withdrawn.digest)}) is withdrawn: the fence held after ${humanMs(waitedMs)}, at ${humanTime(fencedAt)}.`,
  ];
  // Static stability (docs/release.md): the one case in which the promise is not for every edge.
  lines.push(
    reach === 'all'
      ? 'Reach: all. Nothing answers with it any more.'
      : 'Reach: connected. It was the last good version: an edge that is cut off from the control plane goes on with it\nuntil it is reached again. Every edge that is connected has stopped.',
  );
  return lines.join('\n');
}
