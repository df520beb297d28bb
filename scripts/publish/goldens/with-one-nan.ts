import type { Tensor } from '../../../shared/protocol/tensor.js';

const quietHalf = 0x7e00;

/** A tensor whose NaNs are all the same: which of its many forms a NaN takes is up to the machine, in wasm too. */
export function withOneNan(tensor: Tensor): Tensor {
  const { datatype, data } = tensor;
  if (datatype === 'FP32' && data instanceof Float32Array && data.some(Number.isNaN)) {
    return { ...tensor, data: oneNan(data.slice(), new Float32Array(Uint32Array.of(0x7fc00000).buffer)) };
  }
  if (datatype === 'FP64' && data instanceof Float64Array && data.some(Number.isNaN)) {
    return { ...tensor, data: oneNan(data.slice(), new Float64Array(BigUint64Array.of(0x7ff8000000000000n).buffer)) };
  }
  if (datatype === 'FP16' && data instanceof Uint16Array) {
    return { ...tensor, data: data.map((half) => ((half & 0x7fff) > 0x7c00 ? quietHalf : half)) };
  }
  return tensor;
}

/** Bytes are copied: V8 may change a NaN that passes through a number. */
function oneNan<T extends Float32Array | Float64Array>(data: T, nan: T): T {
  data.forEach((value, at) => {
    if (Number.isNaN(value)) data.set(nan, at);
  });
  return data;
}
