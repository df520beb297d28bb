import { numberFromHalf } from '../../../shared/protocol/fp16.js';
import { elementTypes, type TensorProto } from './onnx-messages.js';

/** The elements of a float tensor, row-major. */
export interface FloatValues {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export const dimsOf = ({ dims }: TensorProto): number[] => dims.map(Number);
export const countOf = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1);

/** The bytes of a tensor that holds its elements as bytes; undefined where it holds none, or numbers. */
export function rawBytesOf({ rawData }: TensorProto): Uint8Array | undefined {
  // protobufjs: an empty array where there is no field; a Buffer, whose slice would not copy
  return rawData === undefined || rawData.length === 0 ? undefined : new Uint8Array(rawData.buffer, rawData.byteOffset, rawData.byteLength); // prettier-ignore
}

/** The elements of a tensor that holds them itself, as 32-bit floats; undefined for what is no float32, float16 or double. */
export function floatValues(tensor: TensorProto): FloatValues | undefined {
  const { dataType, floatData, doubleData, int32Data } = tensor;
  const dims = dimsOf(tensor);
  const raw = rawBytesOf(tensor)?.slice().buffer;
  switch (dataType) {
    case elementTypes.float:
      return { dims, data: raw === undefined ? Float32Array.from(floatData ?? []) : new Float32Array(raw) };
    case elementTypes.double:
      return { dims, data: Float32Array.from(raw === undefined ? (doubleData ?? []) : new Float64Array(raw)) };
    case elementTypes.float16:
      return { dims, data: Float32Array.from(raw === undefined ? (int32Data ?? []) : new Uint16Array(raw), numberFromHalf) }; // prettier-ignore
    default:
      return undefined;
  }
}

export type RawArray = Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array | Uint16Array;

/** A tensor with its elements in `raw_data`; little-endian, as every machine is that this runs on. */
export function rawTensor(name: string, dims: readonly number[], dataType: number, data: RawArray): TensorProto {
  return { name, dims: [...dims], dataType, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}
