import { warmUpInputs } from '../../origin/engine/batch/generated-inputs.js';
import { joinInputs } from '../../origin/engine/batch/join.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Signature, Tensor } from '../../shared/protocol/tensor.js';
import { seededRandom } from '../seeded-random.js';
import type { LoadedGraph } from './throw-away-runner.js';

/** What a graph answered to inputs that nobody has chosen. */
export interface FirstRun {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/**
 * Runs a graph once, on generated inputs with 1 for every open axis: a graph may load in no time and then ask for more
 * memory than there is. Undefined when it refuses the inputs: they need not be plausible. Rejects with RunnerDied when
 * its process ended, with `deadline-exceeded` when it did not end in time.
 */
export async function firstRun(name: string, loaded: LoadedGraph): Promise<FirstRun | undefined> {
  const inputs = generatedInputs(loaded.signature);
  if (inputs === undefined) return undefined;
  const outputs = await outputsOf(name, loaded, inputs);
  return outputs === undefined ? undefined : { inputs, outputs };
}

/** What it answers to these inputs; undefined when it refuses them. Rejects as `firstRun`. */
export async function outputsOf(
  name: string,
  { runner, deadline }: LoadedGraph,
  inputs: readonly Tensor[],
): Promise<readonly Tensor[] | undefined> {
  try {
    const running = runner.run(name, joinInputs([inputs]));
    return (await deadline.bound(running, 'the graph ran for the first time')).outputs;
  } catch (error) {
    if (error instanceof BrinkError && error.code !== 'deadline-exceeded') return undefined;
    throw error;
  }
}

/** The same for the same signature; undefined when they would be larger than anything that is sent in one request. */
function generatedInputs({ inputs }: Signature): readonly Tensor[] | undefined {
  return warmUpInputs({ inputs, outputs: [] }, innerShapes(inputs), 1, seededRandom(1));
}

/** The shapes of inputs behind their first axis, by name: as given whole, else with 1 for every open axis. */
export function innerShapes(
  inputs: Signature['inputs'],
  given: Readonly<Record<string, readonly number[]>> = {},
): Record<string, readonly number[]> {
  return Object.fromEntries(
    inputs
      .filter(({ shape }) => shape.length > 0)
      .map(({ name, shape }) => {
        const whole = Object.hasOwn(given, name) ? given[name] : undefined;
        return [name, (whole ?? shape.map((size) => (size === -1 ? 1 : size))).slice(1)];
      }),
  );
}
