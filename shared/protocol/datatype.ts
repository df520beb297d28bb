/**
 * The datatypes of the Open Inference Protocol V2 that onnxruntime's JavaScript API supports.
 * (BF16 is in the protocol, not in onnxruntime's JavaScript API: it is refused by name.)
 */
export const datatypes = [
  'BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64', 'FP16', 'FP32', 'FP64', 'BYTES',
] as const; // prettier-ignore

export type Datatype = (typeof datatypes)[number];

/** onnxruntime-common's name of each datatype. */
export type OrtType =
  | 'bool' | 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'int8' | 'int16' | 'int32' | 'int64'
  | 'float16' | 'float32' | 'float64' | 'string'; // prettier-ignore

/** Elements of fixed size as they lie in memory, little-endian; BOOL is one byte, 0 or 1; FP16 is its 16 bits. */
export type FixedArray =
  | Uint8Array | Uint16Array | Uint32Array | BigUint64Array | Int8Array | Int16Array | Int32Array | BigInt64Array
  | Float32Array | Float64Array; // prettier-ignore

/** BYTES elements are UTF-8 text, because onnxruntime's string tensors are. */
export type TensorData = FixedArray | readonly string[];

export type FixedDatatype = Exclude<Datatype, 'BYTES'>;

interface FixedLayout {
  readonly ort: OrtType;
  /** Bytes per element. */
  readonly bytes: number;
  readonly array: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => FixedArray;
}

export const fixedLayouts: Readonly<Record<FixedDatatype, FixedLayout>> = {
  BOOL: { ort: 'bool', bytes: 1, array: Uint8Array },
  UINT8: { ort: 'uint8', bytes: 1, array: Uint8Array },
  UINT16: { ort: 'uint16', bytes: 2, array: Uint16Array },
  UINT32: { ort: 'uint32', bytes: 4, array: Uint32Array },
  UINT64: { ort: 'uint64', bytes: 8, array: BigUint64Array },
  INT8: { ort: 'int8', bytes: 1, array: Int8Array },
  INT16: { ort: 'int16', bytes: 2, array: Int16Array },
  INT32: { ort: 'int32', bytes: 4, array: Int32Array },
  INT64: { ort: 'int64', bytes: 8, array: BigInt64Array },
  FP16: { ort: 'float16', bytes: 2, array: Uint16Array },
  FP32: { ort: 'float32', bytes: 4, array: Float32Array },
  FP64: { ort: 'float64', bytes: 8, array: Float64Array },
};

export function isDatatype(text: unknown): text is Datatype {
  return typeof text === 'string' && (datatypes as readonly string[]).includes(text);
}

/** The V2 datatype of an onnxruntime type name, or undefined for one that has none here. */
export function datatypeOfOrt(ort: string): Datatype | undefined {
  if (ort === 'string') return 'BYTES';
  return (Object.keys(fixedLayouts) as FixedDatatype[]).find((datatype) => fixedLayouts[datatype].ort === ort);
}
