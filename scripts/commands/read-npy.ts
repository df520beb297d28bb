import type { Datatype } from '../../shared/protocol/datatype.js';
import { UsageError } from './usage-error.js';

/** NumPy's own names of element types (`numpy.lib.format`): little-endian or of one byte. */
const datatypeOf: Readonly<Record<string, Datatype>> = {
  '|b1': 'BOOL', '|u1': 'UINT8', '|i1': 'INT8', '<u2': 'UINT16', '<i2': 'INT16', '<u4': 'UINT32', '<i4': 'INT32',
  '<u8': 'UINT64', '<i8': 'INT64', '<f2': 'FP16', '<f4': 'FP32', '<f8': 'FP64',
}; // prettier-ignore

const magic = Buffer.from('\u0093NUMPY', 'latin1');

export const isNpy = (bytes: Uint8Array): boolean => magic.equals(bytes.subarray(0, magic.byteLength));

export interface NpyArray {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Row-major, little-endian: what the binary extension carries. */
  readonly data: Uint8Array;
}

/** An .npy file, format 1 to 3. `name` is the input's, for messages. */
export function readNpy(name: string, bytes: Uint8Array): NpyArray {
  const refuse = (why: string): UsageError => new UsageError(`input "${name}": ${why}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 12) throw refuse('the .npy file ends in its header');
  const wide = view.getUint8(6) >= 2; // from format 2 the header's length has four bytes
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.byteLength) throw refuse('the .npy file ends in its header');
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, end));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? 'nothing';
  const datatype = datatypeOf[descr];
  if (datatype === undefined) {
    throw refuse(`expected an .npy file of ${Object.keys(datatypeOf).join(' ')}, got ${descr.slice(0, 16)}`);
  }
  if (!/'fortran_order':\s*False/.test(header))
    throw refuse('expected an .npy file in C order: numpy.ascontiguousarray');
  const axes = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (axes === undefined) throw refuse('the .npy file does not say its shape');
  const shape = axes.split(',').map((axis) => axis.trim()).filter((axis) => axis !== '').map(Number); // prettier-ignore
  return { datatype, shape, data: bytes.subarray(end) };
}
