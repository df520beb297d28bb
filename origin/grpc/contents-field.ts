import type { Datatype } from '../../shared/protocol/datatype.js';
import { type ContentsField, contentsFields } from './proto/infer-messages.js';

/** The field of `InferTensorContents` that holds a datatype's elements; FP16 has none: it travels as raw bytes. */
const fieldOfDatatype: Readonly<Record<Datatype, ContentsField | undefined>> = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP16: undefined,
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};

export interface FieldOfContents {
  readonly name: ContentsField;
  readonly number: number;
}

export function contentsFieldOf(datatype: Datatype): FieldOfContents | undefined {
  const name = fieldOfDatatype[datatype];
  return name === undefined ? undefined : { name, number: contentsFields[name] };
}

const names = new Map(Object.entries(contentsFields).map(([name, number]) => [number, name]));

/** The name of a field of `InferTensorContents` by its number; undefined for one that it does not have. */
export const contentsFieldName = (number: number): string | undefined => names.get(number);
