import { encodeUtf8 } from '../../shared/protocol/utf8.js';
import type { TensorData } from '../../shared/protocol/datatype.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { contentsFieldOf, type FieldOfContents } from './contents-field.js';
import { FieldWriter, packedIntegers, packedWords } from '../../shared/protobuf/field-writer.js';

/** A tensor's elements as `InferTensorContents`; a datatype that has no field there is the caller's to send raw. */
export function contentsOf(tensor: Tensor): FieldWriter {
  const field = contentsFieldOf(tensor.datatype);
  if (field === undefined) throw new Error(`elements of ${tensor.datatype} have no typed contents`);
  const contents = new FieldWriter();
  const { data } = tensor;
  if (!ArrayBuffer.isView(data)) for (const element of data) contents.bytes(field.number, encodeUtf8(element));
  else if (data.length > 0) contents.bytes(field.number, packed(field, data));
  return contents;
}

function packed({ name }: FieldOfContents, data: Exclude<TensorData, readonly string[]>): Uint8Array {
  const { buffer, byteOffset, byteLength } = data;
  switch (name) {
    case 'bool_contents': // a byte of 0 or 1 is its own varint
    case 'fp32_contents':
    case 'fp64_contents':
      return new Uint8Array(buffer, byteOffset, byteLength);
    case 'int64_contents':
    case 'uint64_contents':
      return packedWords(new Uint32Array(buffer, byteOffset, byteLength / 4));
    default:
      return packedIntegers(data as Parameters<typeof packedIntegers>[0]);
  }
}
