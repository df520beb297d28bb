import { bytesOfTensor } from '../../../shared/protocol/binary-data.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';

/** What tensors take together. */
export const tensorBytes = (tensors: readonly Tensor[]): number =>
  tensors.reduce((sum, tensor) => sum + bytesOfTensor(tensor).byteLength, 0);
