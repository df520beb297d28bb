/** How an element type (`TensorProto.DataType`) is stored. */
export interface ElementType {
  readonly name: string;
  /** Bits of one element in `raw_data`; 0: strings, which are never raw. */
  readonly bits: number;
  /** The value field that may hold it besides `raw_data`, and how many entries an element takes there. */
  readonly field: string;
  readonly perElement: number;
}

const type = (name: string, bits: number, field: string, perElement = 1): ElementType => {
  return { name, bits, field, perElement };
};

/** By the number in the file (onnx.proto3, IR version 13). */
export const elementTypes: ReadonlyMap<number, ElementType> = new Map([
  [1, type('FLOAT', 32, 'float_data')],
  [2, type('UINT8', 8, 'int32_data')],
  [3, type('INT8', 8, 'int32_data')],
  [4, type('UINT16', 16, 'int32_data')],
  [5, type('INT16', 16, 'int32_data')],
  [6, type('INT32', 32, 'int32_data')],
  [7, type('INT64', 64, 'int64_data')],
  [8, type('STRING', 0, 'string_data')],
  [9, type('BOOL', 8, 'int32_data')],
  [10, type('FLOAT16', 16, 'int32_data')],
  [11, type('DOUBLE', 64, 'double_data')],
  [12, type('UINT32', 32, 'uint64_data')],
  [13, type('UINT64', 64, 'uint64_data')],
  [14, type('COMPLEX64', 64, 'float_data', 2)],
  [15, type('COMPLEX128', 128, 'double_data', 2)],
  [16, type('BFLOAT16', 16, 'int32_data')],
  [17, type('FLOAT8E4M3FN', 8, 'int32_data')],
  [18, type('FLOAT8E4M3FNUZ', 8, 'int32_data')],
  [19, type('FLOAT8E5M2', 8, 'int32_data')],
  [20, type('FLOAT8E5M2FNUZ', 8, 'int32_data')],
  // Several to a byte, and as many to an entry.
  [21, type('UINT4', 4, 'int32_data', 0.5)],
  [22, type('INT4', 4, 'int32_data', 0.5)],
  [23, type('FLOAT4E2M1', 4, 'int32_data', 0.5)],
  [24, type('FLOAT8E8M0', 8, 'int32_data')],
  [25, type('UINT2', 2, 'int32_data', 0.25)],
  [26, type('INT2', 2, 'int32_data', 0.25)],
]);

/** Bytes of so many elements in `raw_data`. */
export function rawBytesOf({ bits }: ElementType, elements: bigint): bigint {
  return (elements * BigInt(bits) + 7n) / 8n;
}
