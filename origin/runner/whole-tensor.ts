import type { Tensor } from '../../shared/protocol/tensor.js';
import type { BatchTensor } from '../engine/runner.js';

/** A tensor as a batch of one part. */
export function wholeTensor({ name, datatype, shape, data }: Tensor): BatchTensor {
  return { name, datatype, shape, parts: [data] };
}
