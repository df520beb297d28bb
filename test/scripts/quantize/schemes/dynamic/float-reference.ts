import { int8PerChannel } from '../../../../../scripts/quantize/arithmetic/quantize-weights.js';

/** Values that went through 8 bits: the integers less their zero point, and what one of them is worth. */
export interface Steps {
  readonly steps: Float64Array;
  readonly scale: number;
}

/** Half to even, as rintf does. */
function rint(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

/** ONNX's DynamicQuantizeLinear, in floats where it says floats. */
export function quantizedByRange(data: ArrayLike<number>): Steps {
  const values = Array.from(data);
  const [min, max] = [Math.min(0, ...values), Math.max(0, ...values)];
  const scale = max === min ? 1 : Math.fround(Math.fround(max - min) / 255);
  const zero = Math.max(0, Math.min(255, rint(Math.fround(-min / scale))));
  const q = values.map((value) => Math.max(0, Math.min(255, rint(Math.fround(value / scale)) + zero)));
  return { steps: Float64Array.from(q, (value) => value - zero), scale };
}

/** y[m, n] = quantized x[m, k] · quantized w[k, n] + bias[n]. */
export function dynamicProduct(
  x: ArrayLike<number>,
  w: Float32Array,
  [k, n]: readonly [number, number],
  bias?: Float32Array,
) {
  // prettier-ignore
  const { steps, scale } = quantizedByRange(x);
  const { data, scales } = int8PerChannel({ dims: [k, n], data: w }, 1);
  return Float64Array.from({ length: (steps.length / k) * n }, (_, at) => {
    const [row, column] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let i = 0; i < k; i += 1) sum += steps[row * k + i]! * data[i * n + column]!;
    return sum * scale * scales[column]! + (bias?.[column] ?? 0);
  });
}

export interface ConvShape {
  /** [channels, height, width] of the one image. */
  readonly image: readonly [number, number, number];
  readonly out: number;
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly pad: number;
  readonly dilation: number;
  readonly group: number;
}

export const convSize = ({ image, kernel, stride, pad, dilation }: ConvShape): [number, number] =>
  [0, 1].map((axis) => Math.floor((image[axis + 1]! + 2 * pad - dilation * (kernel[axis]! - 1) - 1) / stride) + 1) as [number, number]; // prettier-ignore

/** A convolution of an image and weights [out, in / group, ...kernel], one product after another. */
export function convolve(x: ArrayLike<number>, w: ArrayLike<number>, shape: ConvShape): Float64Array {
  const { image: [channels, height, width], out, kernel: [kh, kw], stride, pad, dilation, group } = shape; // prettier-ignore
  const [rows, columns] = convSize(shape);
  const perGroup = channels / group;
  return Float64Array.from({ length: out * rows * columns }, (_, at) => {
    const o = Math.floor(at / (rows * columns));
    const [row, column] = [Math.floor(at / columns) % rows, at % columns];
    const first = Math.floor(o / (out / group)) * perGroup;
    let sum = 0;
    for (let c = 0; c < perGroup; c += 1) {
      for (let i = 0; i < kh; i += 1) {
        for (let j = 0; j < kw; j += 1) {
          const [y, z] = [row * stride + i * dilation - pad, column * stride + j * dilation - pad];
          if (y < 0 || z < 0 || y >= height || z >= width) continue;
          sum += x[((first + c) * height + y) * width + z]! * w[((o * perGroup + c) * kh + i) * kw + j]!;
        }
      }
    }
    return sum;
  });
}

/** The same of quantized factors, scaled back, with a bias for each channel. */
export function dynamicConvolution(x: ArrayLike<number>, w: Float32Array, shape: ConvShape, bias?: Float32Array) {
  const { steps, scale } = quantizedByRange(x);
  const { data, scales } = int8PerChannel({ dims: [shape.out, w.length / shape.out], data: w }, 0);
  const perChannel = convSize(shape)[0] * convSize(shape)[1];
  return convolve(steps, data, shape).map((sum, at) => {
    const channel = Math.floor(at / perChannel);
    return sum * scale * scales[channel]! + (bias?.[channel] ?? 0);
  });
}
