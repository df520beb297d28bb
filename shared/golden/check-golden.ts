import { BrinkError } from '../errors/brink-error.js';
import type { Tensor } from '../protocol/tensor.js';
import { compareOutputs } from './compare-outputs.js';
import type { Golden } from './golden.js';
import type { Tolerance } from './tolerance.js';

/** Outputs that a message tells of. */
const outputsTold = 3;

/** Throws `golden-failed` with what was expected and what came, unless every output is within its tolerance. */
export function checkGolden(
  { outputs }: Golden,
  got: readonly Tensor[],
  tolerances?: Readonly<Record<string, Tolerance>>,
): void {
  const faults = compareOutputs(outputs, got, tolerances).filter(({ within }) => !within);
  if (faults.length === 0) return;
  const told = faults.slice(0, outputsTold).map(({ text }) => text);
  const more = faults.length > outputsTold ? ` and ${faults.length - outputsTold} outputs more` : '';
  throw new BrinkError('golden-failed', `the version fails a golden of its own: ${told.join('; ')}${more}`);
}
