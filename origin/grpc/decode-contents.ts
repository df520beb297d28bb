import { BrinkError } from '../../shared/errors/brink-error.js';
import { checkCount, type InputHead } from '../../shared/protocol/array-data.js';
import { checkBytesElements, dataFromBytes } from '../../shared/protocol/binary-data.js';
import { decodeElement } from '../../shared/protocol/bytes-elements.js';
import type { TensorData } from '../../shared/protocol/datatype.js';
import { elementSink } from '../../shared/protocol/elements.js';
import type { Limits } from '../../shared/protocol/limits.js';
import { quoted } from '../../shared/protocol/quote-text.js';
import { contentsFieldName, contentsFieldOf, type FieldOfContents } from './contents-field.js';
import { FieldReader, readVarint, wireTypes } from '../../shared/protobuf/field-reader.js';

/** Integers are checked and stored in rows of so many, so that no second copy of a tensor is made of numbers. */
const rowLength = 4_096;

/**
 * A tensor's elements from its `InferTensorContents`, which may come in pieces. Exactly the field of the datatype may
 * hold elements, and exactly as many as the shape asks for; nothing is allocated before that is known.
 */
export function dataFromContents(head: InputHead, pieces: readonly Uint8Array[], limits: Limits): TensorData {
  const field = contentsFieldOf(head.datatype);
  if (field === undefined) {
    throw new BrinkError(
      'invalid-request',
      `expected input ${quoted(head.name)} of ${head.datatype} in raw_input_contents, got no raw contents`,
    );
  }
  if (head.datatype === 'BYTES') return texts(head, field, pieces, limits);
  const packed = packedElements(head, field, pieces);
  switch (head.datatype) {
    case 'FP32':
      return floats(head, packed, 4, limits);
    case 'FP64':
      return floats(head, packed, 8, limits);
    case 'INT64':
    case 'UINT64':
      return wideIntegers(head, packed);
    default:
      return integers(head, packed);
  }
}

/** Goes through the elements' field; any other field with elements is a fault. */
function eachPiece(
  head: InputHead,
  field: FieldOfContents,
  pieces: readonly Uint8Array[],
  visit: (fields: FieldReader) => void,
): void {
  for (const piece of pieces) {
    const fields = new FieldReader(piece, `the contents of input ${quoted(head.name)}`);
    while (fields.next()) {
      if (fields.field === field.number) visit(fields);
      else checkUnused(head, field, fields);
    }
  }
}

function checkUnused(head: InputHead, field: FieldOfContents, fields: FieldReader): void {
  const name = contentsFieldName(fields.field);
  const isEmpty = fields.wire === wireTypes.bytes && fields.end === fields.start && name !== 'bytes_contents';
  if (name === undefined || isEmpty) return;
  throw new BrinkError(
    'invalid-request',
    `expected input ${quoted(head.name)} of ${head.datatype} in ${field.name}, got ${name}`,
  );
}

/**
 * All elements packed, as they usually come: then in one piece, and not copied. One by one they hold the same bytes, each
 * behind a tag.
 */
function packedElements(head: InputHead, field: FieldOfContents, pieces: readonly Uint8Array[]): Uint8Array {
  let [count, size] = [0, 0];
  let first: Uint8Array = new Uint8Array(0);
  eachPiece(head, field, pieces, (fields) => {
    if (count === 0) first = fields.view();
    count += 1;
    size += fields.end - fields.start;
  });
  if (count <= 1) return first;
  const joined = new Uint8Array(size);
  let at = 0;
  eachPiece(head, field, pieces, (fields) => {
    joined.set(fields.view(), at);
    at += fields.end - fields.start;
  });
  return joined;
}

function floats(head: InputHead, packed: Uint8Array, elementBytes: number, limits: Limits): TensorData {
  if (packed.length % elementBytes !== 0) throw malformed(head);
  checkCount(head, packed.length / elementBytes, head.count);
  return dataFromBytes(head, packed, limits);
}

/** Of every varint only the last byte has no high bit. */
function checkVarints(head: InputHead, packed: Uint8Array): void {
  let count = 0;
  for (const byte of packed) if (byte < 0x80) count += 1;
  if ((packed.at(-1) ?? 0) >= 0x80) throw malformed(head);
  checkCount(head, count, head.count);
}

/** BOOL and what fits 32 bits. int32 is sent as 64 bits with its sign; the rest of it is of no meaning. */
function integers(head: InputHead, packed: Uint8Array): TensorData {
  checkVarints(head, packed);
  const sink = elementSink(head.datatype, head.count, { input: head.name, nonFinite: true });
  const signed = head.datatype.startsWith('INT');
  const halves = { low: 0, high: 0 };
  const row: number[] = [];
  let at = 0;
  for (let index = 0; index < head.count; index += 1) {
    at = nextVarint(head, packed, at, halves);
    if (head.datatype === 'BOOL') row.push(halves.low === 0 && halves.high === 0 ? 0 : 1);
    else row.push(signed ? halves.low | 0 : halves.low);
    if (row.length < rowLength && index + 1 < head.count) continue;
    sink.put(row, index + 1 - row.length);
    row.length = 0;
  }
  return sink.data;
}

/** Every value of 64 bits is one of the datatype: the halves go to their places in memory. */
function wideIntegers(head: InputHead, packed: Uint8Array): TensorData {
  checkVarints(head, packed);
  const data = head.datatype === 'INT64' ? new BigInt64Array(head.count) : new BigUint64Array(head.count);
  const words = new Uint32Array(data.buffer);
  const halves = { low: 0, high: 0 };
  let at = 0;
  for (let index = 0; index < head.count; index += 1) {
    at = nextVarint(head, packed, at, halves);
    words[2 * index] = halves.low;
    words[2 * index + 1] = halves.high;
  }
  return data;
}

function nextVarint(head: InputHead, packed: Uint8Array, at: number, halves: { low: number; high: number }): number {
  const end = readVarint(packed, at, halves);
  if (end === -1) throw malformed(head);
  return end;
}

function texts(head: InputHead, field: FieldOfContents, pieces: readonly Uint8Array[], limits: Limits): TensorData {
  checkBytesElements(head, limits);
  let count = 0;
  eachPiece(head, field, pieces, (fields) => {
    fields.expect(wireTypes.bytes);
    count += 1;
  });
  checkCount(head, count, head.count);
  const elements: string[] = [];
  eachPiece(head, field, pieces, (fields) => {
    elements.push(decodeElement(head.name, fields.view(), elements.length));
  });
  return elements;
}

function malformed(head: InputHead): BrinkError {
  return new BrinkError(
    'malformed-binary',
    `expected the contents of input ${quoted(head.name)} to be whole elements of ${head.datatype}, got others`,
  );
}
