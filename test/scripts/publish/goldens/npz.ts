import { zipSync } from 'fflate';

export interface NumpyArray {
  readonly descr: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** An array as `numpy.save` writes it, format 1. */
export function npy({ descr, shape, data }: NumpyArray): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`;
  const padded = `${head.padEnd(118 - 1)}\n`;
  const prefix = Buffer.from('\u0093NUMPY\u0001\u0000', 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([prefix, length, Buffer.from(padded, 'latin1'), data]);
}

/** As `numpy.savez` writes arrays by name. */
export const npz = (arrays: Readonly<Record<string, NumpyArray>>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, npy(array)])));

export const float32s = (shape: readonly number[], values: readonly number[]): NumpyArray => ({
  descr: '<f4',
  shape,
  data: new Uint8Array(Float32Array.from(values).buffer),
});
