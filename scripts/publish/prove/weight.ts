import { elementTypes, rawBytesOf } from '../graph/element-types.js';
import type { GraphBudget } from '../graph/graph-limits.js';
import { MessageFields } from '../graph/message-fields.js';
import { wireTypes } from '../../../shared/protobuf/field-reader.js';

/** The bytes of one tensor of a graph. */
export interface Weight {
  readonly name: string;
  /** The file beside the graph that it lies in; undefined: the graph's own. */
  readonly file: string | undefined;
  readonly start: number;
  readonly end: number;
  /** Of one element; the highest bit of the last byte is its sign. Of two to a byte: 1, and both have theirs. */
  readonly elementBytes: number;
  readonly signs: number;
}

/** Bytes per element and the bits that are flipped, by `TensorProto.DataType`. */
const flipped: ReadonlyMap<number, readonly [elementBytes: number, signs: number]> = new Map([
  [1, [4, 0x80]], // FLOAT
  [2, [1, 0x80]], // UINT8
  [3, [1, 0x80]], // INT8
  [10, [2, 0x80]], // FLOAT16
  [11, [8, 0x80]], // DOUBLE
  [16, [2, 0x80]], // BFLOAT16
  [17, [1, 0x80]], // FLOAT8...
  [18, [1, 0x80]],
  [19, [1, 0x80]],
  [20, [1, 0x80]],
  [21, [1, 0x88]], // UINT4
  [22, [1, 0x88]], // INT4
]);

/** Packed `float_data` and `double_data`: as they lie in `raw_data`. */
const packed: ReadonlyMap<number, number> = new Map([
  [4, 1],
  [10, 11],
]);

/** Where a `TensorProto`, a view of `model`, has its elements; undefined for what is no weight, or is spelled in varints. */
export function weightOf(bytes: Uint8Array, model: Uint8Array, budget: GraphBudget): Weight | undefined {
  const fields = new MessageFields(bytes, 'TensorProto', budget);
  const dims: (number | bigint)[] = [];
  const external = new Map<string, string>();
  let [name, dataType] = ['', 0];
  let own: Uint8Array | undefined;
  let packedType: number | undefined;
  while (fields.next()) {
    if (fields.field === 1) fields.integers(dims, 64);
    else if (fields.field === 2) dataType = fields.small();
    else if (fields.field === 8) name = fields.text();
    else if (fields.field === 9) own = fields.bytes();
    else if (fields.field === 13) addEntry(external, fields.bytes(), budget);
    else if (packed.has(fields.field) && fields.wire === wireTypes.bytes) {
      own = fields.bytes();
      packedType = packed.get(fields.field);
    }
  }
  const type = elementTypes.get(dataType);
  const kind = flipped.get(dataType);
  if (type === undefined || kind === undefined || (packedType ?? dataType) !== dataType) return undefined;
  const [elementBytes, signs] = kind;
  const weight = { name, elementBytes, signs };
  const file = external.get('location');
  if (file !== undefined) {
    const start = Number(external.get('offset') ?? 0);
    const count = dims.reduce<bigint>((product, size) => product * BigInt(size), 1n);
    const end = start + Number(rawBytesOf(type, count));
    return end > start ? { ...weight, file, start, end } : undefined;
  }
  if (own === undefined || own.byteLength === 0) return undefined;
  const start = own.byteOffset - model.byteOffset;
  return { ...weight, file: undefined, start, end: start + own.byteLength };
}

function addEntry(entries: Map<string, string>, bytes: Uint8Array, budget: GraphBudget): void {
  const fields = new MessageFields(bytes, 'StringStringEntryProto', budget);
  let [key, value] = ['', ''];
  while (fields.next()) {
    if (fields.field === 1) key = fields.text();
    else if (fields.field === 2) value = fields.text();
  }
  entries.set(key, value);
}
