import type { Signature, Tensor } from '../../../shared/protocol/tensor.js';

/**
 * Names what may be run together and costs the same: the graph and, of each input, its name, datatype and shape without
 * axis 0, whatever the order of the inputs.
 */
export function bucketOf(graph: string, inputs: readonly Pick<Tensor, 'name' | 'datatype' | 'shape'>[]): string {
  const parts = inputs.map(({ name, datatype, shape }) =>
    JSON.stringify(shape.length === 0 ? [name, datatype] : [name, datatype, ...shape.slice(1), '']),
  );
  return JSON.stringify([graph, ...parts.sort()]);
}

/** The axis 0 that all inputs have in common; undefined when there is none, or nothing in it: never batched. */
export function rowsOf(inputs: readonly Tensor[]): number | undefined {
  const rows = inputs[0]?.shape[0];
  if (rows === undefined || rows < 1) return undefined;
  return inputs.every(({ shape }) => shape[0] === rows) ? rows : undefined;
}

/** Whether axis 0 can be a batch axis at all: dynamic in every input and output. Whether it is shows only in a run. */
export function batchableSignature({ inputs, outputs }: Signature): boolean {
  return [...inputs, ...outputs].every(({ shape }) => shape[0] === -1);
}
