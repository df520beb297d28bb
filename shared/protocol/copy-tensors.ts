import type { Tensor } from './tensor.js';

/** Tensors with memory of their own: nobody else sees what is written into them, and no larger piece is held by them. */
export function copyTensors(tensors: readonly Tensor[]): Tensor[] {
  return tensors.map(({ name, datatype, shape, data }) => ({ name, datatype, shape: [...shape], data: data.slice() }));
}
