import { int8PerChannel } from '../../arithmetic/quantize-weights.js';
import type { GraphScope } from '../../graph/graph-scope.js';
import { intAttribute, makeNode, microsoft } from '../../onnx/nodes.js';
import { elementTypes } from '../../onnx/onnx-messages.js';
import type { OperatorWeight } from '../../operators/quantizable-operator.js';
import type { Scheme } from '../scheme.js';
import { gatherRows } from './gather-rows.js';
import { restoreWeights, type Restored } from './restore-weights.js';

/**
 * Weights in 8 bits with a scale for each output channel, dequantized in front of the operator whenever it runs. An LSTM
 * of two directions is left alone: each has channels, and so scales, of its own.
 */
export const int8Weights: Scheme = (model, operator) => {
  const { kind, weights } = operator;
  if (kind === 'Gather') return gatherRows(operator);
  const isBoth = weights.some(({ values }) => (values.dims[0] ?? 1) > 1);
  if (isBoth && (kind === 'LSTM' || kind === 'GRU'))
    return 'its weights are of two directions, each with scales of its own';
  model.useMicrosoft();
  restoreWeights(operator, dequantized);
  return true;
};

/** com.microsoft's DequantizeLinear has an axis at any opset. */
function dequantized(scope: GraphScope, { name, values, channelAxis }: OperatorWeight): Restored {
  const { dims, data, scales } = int8PerChannel(values, channelAxis);
  const quantized = scope.addInitializer(`${name}_int8`, dims, elementTypes.int8, data);
  const scale = scope.addInitializer(`${name}_scale`, [scales.length], elementTypes.float, scales);
  const zero = scope.addInitializer(`${name}_zero`, [scales.length], elementTypes.int8, new Int8Array(scales.length));
  const output = scope.fresh(`${name}_restored`);
  const attribute = [intAttribute('axis', channelAxis)];
  return {
    node: makeNode('DequantizeLinear', [quantized, scale, zero], [output], { domain: microsoft, attribute }),
    output,
  };
}
