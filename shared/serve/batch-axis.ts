import type { Signature } from '../protocol/tensor.js';

/**
 * Whether axis 0 counts the items of a request, as far as a signature can say: it is of any size in every input and
 * output, and the items of at least one input have axes of their own. (A vector of any length is one item.)
 */
export function hasBatchAxis({ inputs, outputs }: Signature): boolean {
  const isDynamic = ({ shape }: { shape: readonly number[] }): boolean => shape[0] === -1;
  return inputs.every(isDynamic) && outputs.every(isDynamic) && inputs.some(({ shape }) => shape.length > 1);
}

/** The largest batch that is put together of a version that does not say, on a tier that does not either. */
export const batchMaxDefault = 64;
