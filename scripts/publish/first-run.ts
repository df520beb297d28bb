import { joinInputs } from '../../origin/engine/batch/join.js';
import { warmUpInputs } from '../../origin/engine/batch/generated-inputs.js';
import type { Runner } from '../../origin/engine/runner.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Signature } from '../../shared/protocol/tensor.js';
import type { Deadline } from '../../shared/time/deadline.js';

/**
 * Runs a graph once, on generated inputs with 1 for every open axis: a graph may load in no time and then ask for more
 * memory than there is. What it says of the inputs does not matter, they need not be plausible. Rejects with RunnerDied
 * when its process ended, with `deadline-exceeded` when it did not end in time.
 */
export async function firstRun(
  runner: Pick<Runner, 'run'>,
  graph: string,
  signature: Signature,
  deadline: Deadline,
): Promise<void> {
  const shapes = Object.fromEntries(
    signature.inputs
      .filter(({ shape }) => shape.length > 0)
      .map(({ name, shape }) => [name, shape.slice(1).map((size) => (size === -1 ? 1 : size))]),
  );
  const inputs = warmUpInputs(signature, shapes, 1, () => 0.5);
  if (inputs === undefined) return; // larger than anything that is sent in one request
  const running = runner.run(graph, joinInputs([inputs]));
  running.catch(() => undefined); // heard below, unless the deadline passes first
  try {
    await deadline.bound(running, 'the graph ran for the first time');
  } catch (error) {
    if (!(error instanceof BrinkError) || error.code === 'deadline-exceeded') throw error;
  }
}
