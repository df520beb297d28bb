import type { GraphEntry } from '../manifest/manifest.js';
import type { Tensor } from '../protocol/tensor.js';

/** The elements of all tensors together. */
export function elementsOf(tensors: readonly Pick<Tensor, 'shape'>[]): number {
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((all, size) => all * size, 1), 0);
}

/** Whether one run of a graph on these inputs is larger than what was measured to fit at the edge. */
export function isAboveMeasured(
  { edgeElementsMax }: Pick<GraphEntry, 'edgeElementsMax'>,
  inputs: readonly Pick<Tensor, 'shape'>[],
): boolean {
  return edgeElementsMax !== undefined && elementsOf(inputs) > edgeElementsMax;
}
