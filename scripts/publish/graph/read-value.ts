import type { GraphBudget } from './graph-limits.js';
import { rankMax } from './graph-limits.js';
import { MessageFields } from './message-fields.js';
import type { OnnxValue } from './onnx-model.js';
import { refusedGraph } from './refused-graph.js';

/** A `ValueInfoProto`. Of types other than tensors (sequences, maps, optionals) only the name is kept. */
export function readValue(bytes: Uint8Array, budget: GraphBudget): OnnxValue {
  budget.spend('values');
  const fields = new MessageFields(bytes, 'ValueInfoProto', budget);
  let name = '';
  let type: Uint8Array | undefined;
  while (fields.next()) {
    if (fields.field === 1) name = fields.once().countedText();
    else if (fields.field === 2) type = fields.once().bytes();
    else if (fields.field === 4) budget.spend('metadata');
  }
  const tensor = type === undefined ? undefined : fieldOf(type, 1, 'TypeProto', budget);
  return {
    name,
    ...(tensor === undefined ? { elementType: undefined, shape: undefined } : tensorType(tensor, budget)),
  };
}

/** The only message that a field of another holds; undefined without it. */
function fieldOf(bytes: Uint8Array, field: number, what: string, budget: GraphBudget): Uint8Array | undefined {
  const fields = new MessageFields(bytes, what, budget);
  let found: Uint8Array | undefined;
  while (fields.next()) if (fields.field === field) found = fields.once().bytes();
  return found;
}

function tensorType(bytes: Uint8Array, budget: GraphBudget): Pick<OnnxValue, 'elementType' | 'shape'> {
  const fields = new MessageFields(bytes, 'TypeProto.Tensor', budget);
  let elementType = 0;
  let shape: number[] | undefined;
  while (fields.next()) {
    if (fields.field === 1) elementType = fields.once().small();
    else if (fields.field === 2) shape = shapeOf(fields.once().bytes(), budget);
  }
  return { elementType, shape };
}

function shapeOf(bytes: Uint8Array, budget: GraphBudget): number[] {
  const fields = new MessageFields(bytes, 'TensorShapeProto', budget);
  const shape: number[] = [];
  while (fields.next()) {
    if (fields.field !== 1) continue;
    if (shape.length === rankMax) throw refusedGraph(`shapes of at most ${rankMax} axes, got more`);
    shape.push(sizeOf(fields.bytes(), budget));
  }
  return shape;
}

/** A `TensorShapeProto.Dimension`: its size, or -1 where it is open (named, or said nothing of). */
function sizeOf(bytes: Uint8Array, budget: GraphBudget): number {
  const fields = new MessageFields(bytes, 'TensorShapeProto.Dimension', budget);
  let size = -1;
  while (fields.next()) {
    if (fields.field === 1) {
      const value = fields.once().signed();
      if (typeof value === 'bigint') throw refusedGraph('sizes of axes below 2^53, got a larger one');
      size = Math.max(-1, value);
    } else if (fields.field === 2) fields.countedText();
  }
  return size;
}
