import { type Datatype, fixedLayouts, type FixedArray } from '../../../shared/protocol/datatype.js';
import { halfFromNumber } from '../../../shared/protocol/fp16.js';
import type { Tensor, TensorSpec } from '../../../shared/protocol/tensor.js';
import { UsageError } from '../../commands/usage-error.js';

/** Whole numbers may be places in a table that the model has: small ones are in every table. */
const integersBelow = 8;
const elementsMax = 64_000_000;

/**
 * Inputs by chance for a model of which only the signature is known. An open first axis becomes 1; any other open axis
 * must be given in `shapes`.
 */
export function generateTensors(
  specs: readonly TensorSpec[],
  shapes: ReadonlyMap<string, readonly number[]>,
  random: () => number,
): Tensor[] {
  for (const name of shapes.keys()) {
    if (specs.some((spec) => spec.name === name)) continue;
    throw new UsageError(
      `--shape: the model has no input "${name}"; it has ${specs.map((spec) => spec.name).join(', ')}`,
    );
  }
  return specs.map((spec) => {
    const shape = shapeOf(spec, shapes.get(spec.name));
    const count = shape.reduce((product, axis) => product * axis, 1);
    if (count > elementsMax) {
      throw new UsageError(`--shape: expected at most ${elementsMax} elements, got ${count} for "${spec.name}"`);
    }
    return { name: spec.name, datatype: spec.datatype, shape, data: elements(spec, count, random) };
  });
}

function shapeOf({ name, shape }: TensorSpec, given: readonly number[] | undefined): readonly number[] {
  const declared = `[${shape.join(', ')}]`;
  if (given !== undefined) {
    if (given.length === shape.length && shape.every((axis, at) => axis < 0 || axis === given[at])) return given;
    throw new UsageError(`--shape: input "${name}" takes ${declared} (-1: any), got [${given.join(', ')}]`);
  }
  if (shape.slice(1).every((axis) => axis >= 0)) return shape.map((axis) => Math.abs(axis));
  const example = shape.map((axis, at) => (axis >= 0 ? axis : at === 0 ? 1 : 32)).join(',');
  throw new UsageError(
    `input "${name}" takes ${declared}, and only a first axis may be left to chance: give --traffic, or a shape like --shape ${name}=${example}`,
  );
}

function elements({ name, datatype }: TensorSpec, count: number, random: () => number): FixedArray {
  if (datatype === 'BYTES')
    throw new UsageError(`input "${name}" takes text, which cannot be made by chance: give --traffic`);
  const { array, bytes } = fixedLayouts[datatype];
  const data = new array(new ArrayBuffer(count * bytes), 0, count);
  const one = elementBy(datatype, random);
  for (let at = 0; at < count; at += 1) data[at] = one();
  return data;
}

function elementBy(datatype: Exclude<Datatype, 'BYTES'>, random: () => number): () => number | bigint {
  const integer = (below: number): number => Math.floor(random() * below);
  switch (datatype) {
    case 'BOOL':
      return () => integer(2);
    case 'UINT8':
      return () => integer(256);
    case 'FP16':
      return () => halfFromNumber(2 * random() - 1);
    case 'FP32':
    case 'FP64':
      return () => 2 * random() - 1;
    case 'INT64':
    case 'UINT64':
      return () => BigInt(integer(integersBelow));
    case 'INT8':
    case 'INT16':
    case 'INT32':
    case 'UINT16':
    case 'UINT32':
      return () => integer(integersBelow);
  }
}
