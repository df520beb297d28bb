import { BrinkError } from '../errors/brink-error.js';
import type { Tensor } from '../protocol/tensor.js';
import { checkGolden } from './check-golden.js';
import type { Golden } from './golden.js';
import type { Tolerance } from './tolerance.js';

/**
 * Runs a golden and looks at the answer. Throws `golden-failed` when it is another one, and when the graph refuses the
 * inputs, which it took when the golden was made; what else `run` throws says nothing of the version.
 */
export async function runGolden(
  golden: Golden,
  tolerances: Readonly<Record<string, Tolerance>> | undefined,
  run: (inputs: readonly Tensor[]) => Promise<readonly Tensor[]>,
): Promise<void> {
  checkGolden(golden, await answer(golden, run), tolerances);
}

async function answer(
  { inputs }: Golden,
  run: (inputs: readonly Tensor[]) => Promise<readonly Tensor[]>,
): Promise<readonly Tensor[]> {
  try {
    return await run(inputs);
  } catch (error) {
    if (!(error instanceof BrinkError) || error.status >= 500) throw error;
    throw new BrinkError('golden-failed', `the version refuses a golden of its own: ${error.message}`, {
      cause: error.cause ?? error,
    });
  }
}
