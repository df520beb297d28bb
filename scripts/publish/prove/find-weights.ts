import { wireTypes } from '../../../shared/protobuf/field-reader.js';
import { GraphBudget } from '../graph/graph-limits.js';
import { MessageFields } from '../graph/message-fields.js';
import { weightOf, type Weight } from './weight.js';

/**
 * Where the weights of a graph lie: all tensors of floats or of 8 and 4 bits, wherever in the graph they are (in graphs
 * within it and in its functions too). Others are sizes and indices, without which a graph is another. Of a model that
 * has passed the gate.
 */
export function findWeights(model: Uint8Array): Weight[] {
  const weights: Weight[] = [];
  const budget = new GraphBudget();
  const each = (
    bytes: Uint8Array,
    what: string,
    inner: Readonly<Record<number, (bytes: Uint8Array) => void>>,
  ): void => {
    const fields = new MessageFields(bytes, what, budget);
    while (fields.next()) {
      const read = inner[fields.field];
      if (read !== undefined && fields.wire === wireTypes.bytes) read(fields.bytes());
    }
  };
  const tensor = (bytes: Uint8Array): void => {
    const weight = weightOf(bytes, model, budget);
    if (weight !== undefined) weights.push(weight);
  };
  const attribute = (bytes: Uint8Array): void => each(bytes, 'AttributeProto', { 5: tensor, 6: graph, 10: tensor, 11: graph }); // prettier-ignore
  const node = (bytes: Uint8Array): void => each(bytes, 'NodeProto', { 5: attribute });
  const graph = (bytes: Uint8Array): void => each(bytes, 'GraphProto', { 1: node, 5: tensor });
  const ownFunction = (bytes: Uint8Array): void => each(bytes, 'FunctionProto', { 7: node });
  each(model, 'ModelProto', { 7: graph, 25: ownFunction });
  return weights;
}
