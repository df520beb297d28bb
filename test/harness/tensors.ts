import { type Datatype, datatypes, type TensorData } from '../../shared/protocol/datatype.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

const bits32 = (...words: number[]): Float32Array => new Float32Array(Uint32Array.from(words).buffer);
const bits64 = (...words: bigint[]): Float64Array => new Float64Array(BigUint64Array.from(words).buffer);

/** The values where conversions go wrong: limits of integers, both zeros, infinities, NaN, subnormals. */
const edgeValues: Readonly<Record<Datatype, TensorData>> = {
  BOOL: Uint8Array.of(0, 1, 1),
  UINT8: Uint8Array.of(0, 1, 255),
  UINT16: Uint16Array.of(0, 1, 65_535),
  UINT32: Uint32Array.of(0, 1, 4_294_967_295),
  UINT64: BigUint64Array.of(0n, 2n ** 53n + 1n, 2n ** 64n - 1n),
  INT8: Int8Array.of(-128, -1, 127),
  INT16: Int16Array.of(-32_768, -1, 32_767),
  INT32: Int32Array.of(-2_147_483_648, -1, 2_147_483_647),
  INT64: BigInt64Array.of(-(2n ** 63n), -(2n ** 53n) - 1n, 2n ** 63n - 1n),
  FP16: Uint16Array.of(0x0000, 0x8000, 0x0001, 0x3c00, 0x7bff, 0x7c00, 0xfc00, 0x7e00),
  FP32: bits32(0, 0x8000_0000, 1, 0x3f80_0000, 0x7f7f_ffff, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000),
  FP64: bits64(0n, 1n << 63n, 1n, 0x3ff0_0000_0000_0000n, 0x7ff0_0000_0000_0000n, 0x7ff8_0000_0000_0000n),
  BYTES: ['', 'plain', 'Grüße, 世界 \u{1F30D}', '"quoted"\n\t'],
};

/** One tensor of each datatype, the inputs of `echoModel`. */
export function sampleTensors(prefix = 'in_'): Tensor[] {
  return datatypes.map((datatype) => ({
    name: `${prefix}${datatype}`,
    datatype,
    shape: [edgeValues[datatype].length],
    data: edgeValues[datatype],
  }));
}
