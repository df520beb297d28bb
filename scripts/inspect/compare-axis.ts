import type { BatchAxisVerdict } from '../../origin/engine/batch/batch-axis.js';
import { joinInputs } from '../../origin/engine/batch/join.js';
import { batchableSignature } from '../../origin/engine/batch/shape-bucket.js';
import { tryAxis } from '../../origin/engine/pool/try-axis.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { PublishError } from '../publish/publish-error.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from '../publish/throw-away-runner.js';
import { seededRandom } from '../seeded-random.js';
import { inputsOf, type InputShapes } from './input-shapes.js';

/** Whether the first axis is a batch axis, found as the origin finds it: by running a row alone, then among others. */
export async function compareAxis(
  name: string,
  graph: GraphBytes,
  shapes: InputShapes,
  options: InspectOptions,
): Promise<BatchAxisVerdict | 'impossible' | 'failed'> {
  try {
    return await throwAwayRunner(name, graph, options, async ({ runner, signature, deadline }) => {
      if (!batchableSignature(signature)) return 'impossible';
      const row = { rows: 1, random: seededRandom(1) }; // one source: no row is like another
      const [item, other] = [inputsOf(signature, shapes, row), inputsOf(signature, shapes, row)];
      const trial = async (): Promise<BatchAxisVerdict> => {
        const { outputs: alone } = await runner.run(name, joinInputs([item]));
        return tryAxis(runner, { graph: name, item, other, alone, rows: 1 });
      };
      return deadline.bound(trial(), 'the first axis was tried');
    });
  } catch (error) {
    if (error instanceof PublishError || error instanceof BrinkError) return 'failed';
    throw error;
  }
}
