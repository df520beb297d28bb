import type { Command } from 'commander';
import { type CommonFlags, name, wholeNumbers, withCommon } from './common-options.js';
import { runCommand } from './run-command.js';
import type { Terminal } from './terminal.js';

interface PromoteFlags extends CommonFlags {
  readonly why: string;
  readonly bake?: number;
  readonly expectEpoch?: number;
  readonly liftFence?: boolean;
}

const bakeMsMax = 7 * 24 * 3_600_000;

export function addPromote(program: Command, terminal: Terminal): void {
  withCommon(
    program
      .command('promote')
      .summary('serve a version')
      .description('Makes a published version the one that is served.')
      .argument('<model>', "the model's name", name)
      .argument('<version>', "the version's name", name)
      .option('--why <text>', 'the reason, for the audit', 'promoted with the brink CLI')
      .option('--bake <ms>', 'how long until it counts as last good', wholeNumbers(0, bakeMsMax))
      .option('--expect-epoch <n>', 'only if nothing has changed since this epoch', wholeNumbers(0, 2 ** 48))
      .option('--lift-fence', 'even if the version was withdrawn by a rollback before'),
    [
      'brink promote ocr-line v2 --why "reads italics"',
      'brink promote ocr-line v2 --expect-epoch 7',
      'brink promote ocr-line v1 --lift-fence --why "was not at fault"',
    ],
  ).action((model: string, version: string, flags: PromoteFlags) =>
    runCommand(flags, terminal, async ({ client, colors }) => {
      const { why, bake, expectEpoch, liftFence } = flags;
      const release = await client.promote(model, version, { why, bakeMs: bake, expectEpoch, liftFence });
      return {
        json: JSON.stringify({ release }),
        text: () =>
          `${model} serves ${colors.bold(version)} now (epoch ${release.epoch}).\n` +
          (release.lastGood?.version === version
            ? 'It is the last good version.'
            : `Last good until it has baked: ${release.lastGood?.version ?? 'none'}. To undo: brink rollback ${model}`),
      };
    }),
  );
}
