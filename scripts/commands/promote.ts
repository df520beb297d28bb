import type { Command } from 'commander';
import { bakeMsDefault, leaseMsDefault } from '../../shared/release/release.js';
import type { PromotedAnswer } from '../client/admin-client.js';
import { RemoteError } from '../client/remote-error.js';
import { type CommonFlags, name, wholeNumbers, withCommon } from './common-options.js';
import { type Run, runCommand } from './run-command.js';
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
      .option(
        '--bake <ms>',
        `how long until it counts as last good (default: ${bakeMsDefault})`,
        wholeNumbers(0, bakeMsMax),
      )
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
      const answer = await client
        .promote(model, version, { why, bakeMs: bake, expectEpoch, liftFence })
        .catch((error: unknown) => {
          throw withdrawn(error, model, version, liftFence === true);
        });
      return { json: JSON.stringify(answer), text: () => promotedText(model, version, answer, bake, colors) };
    }),
  );
}

function promotedText(
  model: string,
  version: string,
  { release, leaseMs = leaseMsDefault }: PromotedAnswer,
  bake: number | undefined,
  colors: Run['colors'],
): string {
  const { epoch, lastGood, versions } = release;
  const serves = `${model}: every edge serves ${colors.bold(version)} within ${leaseMs / 1_000} s (epoch ${epoch}).`;
  if (lastGood?.version !== version) {
    return `${serves}\nLast good until it has baked: ${lastGood?.version ?? 'none'}. To undo: brink rollback ${model}`;
  }
  if (versions.length === 1) return `${serves}\nIt is the only version, so it counts as last good without a bake.`;
  return `${serves}\nIt counts as last good at once${bake === 0 ? ' (--bake 0)' : ''}.`;
}

/** The version is there, so this is no "not found" (404) to the operator: the promotion is refused as things stand. */
function withdrawn(error: unknown, model: string, version: string, lifting: boolean): unknown {
  if (!(error instanceof RemoteError) || error.code !== 'version-fenced') return error;
  const text = lifting
    ? `${error.message}; try again then`
    : `version ${version} was withdrawn by a rollback. To serve it all the same: brink promote ${model} ${version} --lift-fence --why …`;
  return new RemoteError(409, error.code, text, { cause: error });
}
