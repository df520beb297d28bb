import { toBrinkError } from '../../../shared/errors/brink-error.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import type { BatchAxisVerdict } from '../batch/batch-axis.js';
import { sameOutputs } from '../batch/compare-runs.js';
import { BatchAxisBroken, joinInputs, splitOutputs } from '../batch/join.js';
import { hasFloats, identical, trialBatches } from '../batch/trial-batches.js';
import { RunnerDied } from '../process/runner-died.js';
import type { Runner } from '../runner.js';

export interface AxisTrial {
  readonly graph: string;
  /** Two items of `rows` rows each, and what the first of them gave alone. */
  readonly item: readonly Tensor[];
  readonly other: readonly Tensor[];
  readonly alone: readonly Tensor[];
  readonly rows: number;
}

/**
 * Runs an item among others and looks whether it gets what it got alone. A graph that fails on batches of what it took
 * alone has no batch axis; out of memory, say, tells nothing. Rejects with RunnerDied only.
 */
export async function tryAxis(runner: Pick<Runner, 'run'>, trial: AxisTrial): Promise<BatchAxisVerdict> {
  const { graph, item, other, alone, rows } = trial;
  let disturbed = false;
  for (const { items, places, madeUp } of trialBatches(item, other)) {
    try {
      const { outputs } = await runner.run(graph, joinInputs(items));
      const parts = splitOutputs(outputs, items.map(() => rows)); // prettier-ignore
      if (!places.every((place) => sameOutputs(alone, parts[place] ?? []))) return 'not-a-batch';
      disturbed ||= madeUp ? hasFloats(item) : !identical(item, other);
    } catch (error) {
      if (error instanceof RunnerDied) throw error;
      if (error instanceof BatchAxisBroken) return 'not-a-batch';
      if (madeUp) continue; // whatever it is that the made-up ones do
      return toBrinkError(error).code === 'model-rejected-input' ? 'not-a-batch' : 'inconclusive';
    }
  }
  return disturbed ? 'independent' : 'inconclusive';
}
