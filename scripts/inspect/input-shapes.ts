import { warmUpInputs } from '../../origin/engine/batch/generated-inputs.js';
import type { Signature, Tensor } from '../../shared/protocol/tensor.js';
import type { Random } from '../../shared/time/clock.js';
import { UsageError } from '../commands/usage-error.js';
import { innerShapes } from '../publish/first-run.js';
import { seededRandom } from '../seeded-random.js';

/** Whole shapes, by the input's name. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/** `x=1,3,48,320`, of each input that has one. Throws a UsageError for what is no shape. */
export function parseShapes(texts: readonly string[]): InputShapes {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.lastIndexOf('=');
      const [name, sizes] = [text.slice(0, at), text.slice(at + 1).split(',')];
      if (at > 0 && sizes.every((size) => /^\d{1,9}$/.test(size))) return [name, sizes.map(Number)];
      throw new UsageError(`expected a shape as <input>=<size>,<size>,..., got "${text.slice(0, 64)}"`);
    }),
  );
}

/** Inputs to run a graph with: of the given shapes, with 1 for every open axis of the others. */
export function inputsOf(
  signature: Signature,
  shapes: InputShapes,
  { rows, random = seededRandom(1) }: { readonly rows?: number; readonly random?: Random } = {},
): readonly Tensor[] {
  const known = new Set(signature.inputs.map(({ name }) => name));
  const unknown = Object.keys(shapes).find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new UsageError(`expected shapes of ${[...known].join(', ')}, got one of "${unknown.slice(0, 64)}"`);
  }
  const given = Object.values(shapes)[0]?.[0];
  const inputs = warmUpInputs(signature, innerShapes(signature.inputs, shapes), rows ?? given ?? 1, random);
  const asGiven = (input: Tensor): boolean => {
    const shape = Object.hasOwn(shapes, input.name) ? shapes[input.name] : undefined;
    return shape === undefined || rows !== undefined || shape.join() === input.shape.join();
  };
  if (inputs?.every(asGiven) === true) return inputs;
  const wanted = signature.inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ');
  throw new UsageError(`expected shapes that fit the inputs (${wanted}; -1 is open), all with the same open first axis, and at most 67108864 elements`); // prettier-ignore
}
