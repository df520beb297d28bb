import { type Datatype, fixedLayouts } from '../../../shared/protocol/datatype.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { integerBelow } from '../../harness/random.js';

/** Patterns that random bits hardly ever hit: zeros of both signs, subnormals, extremes, infinities, NaN payloads. */
const edges: Readonly<Partial<Record<Datatype, readonly string[]>>> = {
  FP16: ['0000', '8000', '0001', '83ff', '7bff', 'fbff', '7c00', 'fc00', '7e01', 'fd23'],
  FP32: ['00000000', '80000000', '00000001', '807fffff', '7f7fffff', '7f800000', 'ff800000', '7fc12345', 'ffa00001'],
  FP64: [
    '0000000000000000', '8000000000000000', '0000000000000001', '7fefffffffffffff', '7ff0000000000000',
    'fff0000000000000', '7ff8000000012345', 'fff4000000000001',
  ],
  INT64: ['8000000000000000', '7fffffffffffffff', '0020000000000001', 'ffdfffffffffffff'],
  UINT64: ['ffffffffffffffff', '0020000000000001', '8000000000000000'],
  INT32: ['80000000', '7fffffff'], UINT32: ['ffffffff'], INT16: ['8000', '7fff'], UINT16: ['ffff'],
  INT8: ['80', '7f'], UINT8: ['ff'],
}; // prettier-ignore

/** A tensor of random bit patterns (BOOL and BYTES: of legal values), the edges of its datatype first. */
export function randomTensor(name: string, datatype: Datatype, random: () => number): Tensor {
  const shape = [2, 3, 7];
  const count = 42;
  if (datatype === 'BYTES') return { name, datatype, shape, data: randomTexts(count, random) };
  const layout = fixedLayouts[datatype];
  const bytes = Uint8Array.from({ length: count * layout.bytes }, () => integerBelow(random, 256));
  if (datatype === 'BOOL') bytes.forEach((byte, at) => (bytes[at] = byte & 1));
  (edges[datatype] ?? []).forEach((hex, at) => bytes.set(littleEndian(hex), at * layout.bytes));
  return { name, datatype, shape, data: new layout.array(bytes.buffer, 0, count) };
}

/** The same tensor with every NaN and infinity (which JSON cannot say) replaced by zero. */
export function finiteTensor(tensor: Tensor): Tensor {
  const { data, datatype } = tensor;
  if (datatype === 'FP16')
    return { ...tensor, data: (data as Uint16Array).map((x) => ((x & 0x7c00) === 0x7c00 ? 0 : x)) };
  if (datatype === 'FP32') return { ...tensor, data: (data as Float32Array).map((x) => (Number.isFinite(x) ? x : 0)) };
  if (datatype === 'FP64') return { ...tensor, data: (data as Float64Array).map((x) => (Number.isFinite(x) ? x : 0)) };
  return tensor;
}

function littleEndian(hex: string): number[] {
  return (hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16)).reverse();
}

const alphabet = ['a', 'Z', '0', ' ', '"', '\\', '\n', '\u0000', 'é', 'ß', '漢', '字', '😀', '\u2028'];

function randomTexts(count: number, random: () => number): string[] {
  return Array.from({ length: count }, (_, at) =>
    Array.from(
      { length: at === 0 ? 0 : integerBelow(random, at === 1 ? 300 : 12) },
      () => alphabet[integerBelow(random, alphabet.length)],
    ).join(''),
  );
}
