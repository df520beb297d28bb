import { countOf, type FloatValues } from '../onnx/tensor-values.js';

/** Weights as signed 8-bit integers; element ≈ data × scales[its channel]. */
export interface Int8Weights {
  readonly dims: readonly number[];
  readonly data: Int8Array;
  /** One for each channel along the axis. */
  readonly scales: Float32Array;
}

const int8Max = 127;

/**
 * Symmetric, a scale for each channel along `axis`: scale = max|w| / 127, q = round(w / scale). −128 is not used, so that
 * nothing overflows where products are summed in pairs. A channel of zeros has scale 1. No element is further off than half
 * a scale.
 */
export function int8PerChannel({ dims, data }: FloatValues, axis: number): Int8Weights {
  const channels = dims[axis] ?? 1;
  const inner = countOf(dims.slice(axis + 1));
  const scales = new Float32Array(channels);
  for (let at = 0; at < data.length; at += 1) {
    const channel = Math.floor(at / inner) % channels;
    scales[channel] = Math.max(scales[channel] ?? 0, Math.abs(data[at] ?? 0));
  }
  for (let channel = 0; channel < channels; channel += 1) scales[channel] = (scales[channel] ?? 0) / int8Max || 1;
  const quantized = Int8Array.from(data, (value, at) => {
    const scale = scales[Math.floor(at / inner) % channels] ?? 1;
    return Math.max(-int8Max, Math.min(int8Max, Math.round(value / scale)));
  });
  return { dims, data: quantized, scales };
}
