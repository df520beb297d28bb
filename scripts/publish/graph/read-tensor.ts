import { wireTypes } from '../../../shared/protobuf/field-reader.js';
import { type GraphBudget, rankMax } from './graph-limits.js';
import { MessageFields } from './message-fields.js';
import type { OnnxTensor } from './onnx-model.js';
import { quotedName, refusedGraph } from './refused-graph.js';

const externalEntriesMax = 16;

/** A `TensorProto`. */
export function readTensor(bytes: Uint8Array, budget: GraphBudget): OnnxTensor {
  budget.spend('tensors');
  const fields = new MessageFields(bytes, 'TensorProto', budget);
  const dims: (number | bigint)[] = [];
  const elements = new Map<string, number>();
  const external = new Map<string, string>();
  let [name, dataType, isExternal] = ['', 0, false];
  let rawBytes: number | undefined;
  const add = (field: string, count: number): void => {
    if (count > 0) elements.set(field, (elements.get(field) ?? 0) + count);
  };
  while (fields.next()) {
    switch (fields.field) {
      case 1:
        fields.integers(dims, rankMax + 1);
        break;
      case 2:
        dataType = fields.once().small();
        break;
      case 3:
        throw refusedGraph('whole tensors, got a segment of one');
      case 4:
        add('float_data', fields.fixed(wireTypes.fixed32, 4));
        break;
      case 5:
        add('int32_data', fields.integers([], 0));
        break;
      case 6:
        fields.bytes();
        add('string_data', 1);
        break;
      case 7:
        add('int64_data', fields.integers([], 0));
        break;
      case 8:
        name = fields.once().countedText();
        break;
      case 9:
        rawBytes = fields.once().bytes().length;
        break;
      case 10:
        add('double_data', fields.fixed(wireTypes.fixed64, 8));
        break;
      case 11:
        add('uint64_data', fields.integers([], 0));
        break;
      case 13:
        addEntry(external, fields.bytes(), budget);
        break;
      case 14:
        isExternal = fields.once().small() === 1;
        break;
      case 16:
        budget.spend('metadata');
        break;
    }
  }
  if (dims.length > rankMax) throw refusedGraph(`tensors of at most ${rankMax} axes, ${quotedName(name)} has more`);
  if (!isExternal && external.size > 0) {
    throw refusedGraph(`tensor ${quotedName(name)} to say that it lies in another file, it only names one`);
  }
  const sizes = dims.map(BigInt);
  return { name, dataType, dims: sizes, rawBytes, elements, external: isExternal ? external : undefined };
}

/** A `StringStringEntryProto` of `external_data`. */
function addEntry(entries: Map<string, string>, bytes: Uint8Array, budget: GraphBudget): void {
  const fields = new MessageFields(bytes, 'StringStringEntryProto', budget);
  let [key, value] = ['', ''];
  while (fields.next()) {
    if (fields.field === 1) key = fields.once().countedText();
    else if (fields.field === 2) value = fields.once().countedText();
  }
  if (entries.has(key)) throw refusedGraph(`external_data with each key once, got ${quotedName(key)} twice`);
  if (entries.size === externalEntriesMax) throw refusedGraph(`at most ${externalEntriesMax} keys of external_data`);
  entries.set(key, value);
}
