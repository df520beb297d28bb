import type { Signature, Tensor } from '../../../shared/protocol/tensor.js';
import type { Random } from '../../../shared/time/clock.js';
import { warmUpInputs } from '../batch/generated-inputs.js';
import { runsToKnow } from '../batch/knee.js';
import { joinInputs } from '../batch/join.js';
import type { Log } from '../log.js';
import { RunnerDied } from '../process/runner-died.js';
import type { Runner } from '../runner.js';
import type { BatchBook } from './batch-book.js';
import { tryAxis } from './try-axis.js';

/** Time for the profile of one shape; the first requests go on with learning. */
const profileMsMax = 2_000;
/** Each size is run so often: the first time allocates, and the others tell what it costs. */
const runsPerSize = 1 + runsToKnow;

export interface WarmUpParts {
  readonly signatures: Readonly<Record<string, Signature>>;
  /** Shapes without axis 0, by input; empty: what the signature fixes. */
  readonly shapes: readonly Readonly<Record<string, readonly number[]>>[];
  /** The version's first runner: finds out about batches. The others only need their first run behind them. */
  readonly first: boolean;
  /** Every declared size is run, however long it takes: a GPU searches anew for each. */
  readonly everySize: boolean;
  readonly random: Random;
  /** Milliseconds that only go forward. */
  readonly ticks: () => number;
  readonly log: Log;
}

/**
 * Runs a fresh runner on generated inputs until its first request is not its first run, finds out whether axis 0 is a
 * batch axis, and what batches cost. Graphs whose axes are not all known are left to their first requests. What the
 * graph refuses is not repeated: generated inputs need not be plausible. Rejects with RunnerDied only.
 */
export async function warmUp(runner: Runner, book: BatchBook, parts: WarmUpParts): Promise<void> {
  for (const [graph, signature] of Object.entries(parts.signatures)) {
    for (const shapes of parts.shapes.length === 0 ? [{}] : parts.shapes) {
      const inputs = (rows: number): readonly Tensor[] | undefined =>
        warmUpInputs(signature, shapes, rows, parts.random);
      if (inputs(1) === undefined) continue;
      try {
        await profile(runner, book, graph, (rows) => inputs(rows) ?? [], parts);
      } catch (error) {
        if (error instanceof RunnerDied) throw error;
        parts.log({ event: 'warm-up-refused', graph, error: String(error) });
      }
    }
  }
}

async function profile(
  runner: Runner,
  book: BatchBook,
  graph: string,
  inputsOf: (rows: number) => readonly Tensor[],
  { ticks, first, everySize }: WarmUpParts,
): Promise<void> {
  const until = ticks() + profileMsMax;
  const { bucket } = book.place(graph, inputsOf(1));
  const measure = async (rows: number): Promise<void> => {
    const batch = joinInputs([inputsOf(rows)]);
    for (let run = 0; run < runsPerSize && (run < 2 || ticks() < until); run++) {
      const result = await runner.run(graph, batch);
      if (run > 0) book.observe(bucket, rows, result);
    }
  };
  await measure(1);
  if (!first && !everySize) return;
  await findOut(runner, book, graph, inputsOf);
  if (book.axisOf(graph)?.state !== 'independent') return;
  for (let rows = 2; rows <= book.maxBatch; rows *= 2) {
    if (!everySize && (ticks() > until || book.rowsLimit(graph, bucket) < rows)) return;
    await measure(rows);
  }
}

/** An item alone, then among others. */
async function findOut(
  runner: Runner,
  book: BatchBook,
  graph: string,
  inputsOf: (rows: number) => readonly Tensor[],
): Promise<void> {
  const axis = book.axisOf(graph);
  if (axis?.state !== 'untried') return;
  const [item, other] = [inputsOf(1), inputsOf(1)];
  const { outputs: alone } = await runner.run(graph, joinInputs([item]));
  axis.note(await tryAxis(runner, { graph, item, other, alone, rows: 1 }));
}
