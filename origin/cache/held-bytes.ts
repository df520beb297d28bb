import type { Tensor } from '../../shared/protocol/tensor.js';

const bytesPerTensor = 256;
const bytesPerString = 32;

/** About what a copy holds of memory, the objects around the data included. */
export function heldBytes(tensors: readonly Tensor[]): number {
  let bytes = 0;
  for (const { data } of tensors) {
    bytes += bytesPerTensor;
    if (ArrayBuffer.isView(data)) bytes += data.byteLength;
    else for (const text of data) bytes += bytesPerString + 2 * text.length;
  }
  return bytes;
}
