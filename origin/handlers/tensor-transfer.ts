import type { FixedArray } from '../../shared/protocol/datatype.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

/**
 * Tensors fit to be posted. A message copies the whole buffer under a view, however small the view: one that shows only
 * a part of its buffer is copied first, so that nothing else goes along.
 */
export function compactTensors(tensors: readonly Tensor[]): Tensor[] {
  return tensors.map((tensor) => {
    if (tensor.datatype === 'BYTES') return tensor;
    const view = tensor.data as FixedArray;
    return view.byteLength === view.buffer.byteLength ? tensor : { ...tensor, data: view.slice() };
  });
}

/** The buffers of tensors that the sender owns and will not use again: to be transferred, once each. */
export function buffersOf(tensors: readonly Tensor[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { datatype, data } of tensors) {
    if (datatype === 'BYTES') continue;
    const { buffer } = data as FixedArray;
    if (buffer instanceof ArrayBuffer) buffers.add(buffer);
  }
  return [...buffers];
}
