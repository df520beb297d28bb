import type { FloatValues } from '../onnx/tensor-values.js';

/** A matrix [k, n] in blocks of 4 bits, as com.microsoft's MatMulNBits takes it (onnxruntime, ContribOperators.md). */
export interface Int4Blocks {
  /** [n, blocks, blockSize / 2]: two elements of a column in a byte, the earlier one in the low half. */
  readonly data: Uint8Array;
  /** [n × blocks]: element = (its 4 bits − 8) · scale. */
  readonly scales: Float32Array;
  readonly blocks: number;
}

const zero = 8;
const int4Max = 15;

/**
 * Each column in blocks along k, the last one filled up with zeros. The scale of a block is its element of the largest
 * magnitude divided by −8, so that this one is met exactly; no element is further off than half a scale, those beyond the
 * other end (7 scales) by up to one.
 */
export function int4Blocks({ dims: [k = 0, n = 0], data }: FloatValues, blockSize: number): Int4Blocks {
  const blocks = Math.ceil(k / blockSize);
  const packed = new Uint8Array((n * blocks * blockSize) / 2).fill(zero | (zero << 4));
  const scales = new Float32Array(n * blocks);
  for (let column = 0; column < n; column += 1) {
    for (let block = 0; block < blocks; block += 1) {
      const [from, to] = [block * blockSize, Math.min(k, (block + 1) * blockSize)];
      let largest = 0;
      for (let row = from; row < to; row += 1) {
        const value = data[row * n + column] ?? 0;
        if (Math.abs(value) > Math.abs(largest)) largest = value;
      }
      const index = column * blocks + block;
      scales[index] = largest / -zero;
      const scale = scales[index] || 1;
      for (let row = from; row < to; row += 1) {
        const level = Math.round((data[row * n + column] ?? 0) / scale) + zero;
        const bits = Math.max(0, Math.min(int4Max, level));
        const at = (index * blockSize + row - from) >> 1;
        const byte = packed[at] ?? 0;
        packed[at] = (row - from) % 2 === 0 ? (byte & 0xf0) | bits : (byte & 0x0f) | (bits << 4);
      }
    }
  }
  return { data: packed, scales, blocks };
}
