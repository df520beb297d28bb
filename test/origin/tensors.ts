import type { Tensor } from '../../shared/protocol/tensor.js';

export const fp32 = (name: string, shape: number[], values: readonly number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});

export const int64 = (name: string, value: number): Tensor => ({
  name,
  datatype: 'INT64',
  shape: [1],
  data: BigInt64Array.of(BigInt(value)),
});

/** A tensor's bytes, for comparisons to the bit. */
export function bits({ datatype, data }: Tensor): unknown {
  if (datatype === 'BYTES') return data;
  const view = data as Float32Array;
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex');
}
