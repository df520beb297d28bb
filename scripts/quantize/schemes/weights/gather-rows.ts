import { int8PerChannel } from '../../arithmetic/quantize-weights.js';
import { intAttribute, makeNode } from '../../onnx/nodes.js';
import { elementTypes } from '../../onnx/onnx-messages.js';
import type { QuantizableOperator } from '../../operators/quantizable-operator.js';
import type { Applied } from '../scheme.js';

/** A table of which rows are looked up: the rows of 8 bits and their scales are, and only those become floats. */
export function gatherRows({ scope, node, weights }: QuantizableOperator): Applied {
  const [weight] = weights;
  const [, indices = ''] = node.input;
  const [output = ''] = node.output;
  if (weight === undefined) return 'it has no table';
  const { name, values } = weight;
  const { dims, data, scales } = int8PerChannel(values, 0);
  const table = scope.addInitializer(`${name}_int8`, dims, elementTypes.int8, data);
  // [rows, 1]: what is gathered of it spreads over the row
  const scale = scope.addInitializer(`${name}_scale`, [scales.length, 1], elementTypes.float, scales);
  const [rows, floats, scaled] = ['rows', 'floats', 'scales'].map((stem) => scope.fresh(`${output}_${stem}`));
  const attribute = [intAttribute('axis', 0)];
  scope.replace(node, [
    makeNode('Gather', [table, indices], [rows ?? ''], { attribute }),
    makeNode('Gather', [scale, indices], [scaled ?? ''], { attribute }),
    makeNode('Cast', [rows ?? ''], [floats ?? ''], { attribute: [intAttribute('to', elementTypes.float)] }),
    makeNode('Mul', [floats ?? '', scaled ?? ''], [output]),
  ]);
  return true;
}
