import { int8PerChannel } from '../../arithmetic/quantize-weights.js';
import type { GraphScope } from '../../graph/graph-scope.js';
import { clipBounds } from '../../operators/clip-bounds.js';
import { activationNode } from '../../operators/activation-node.js';
import { intAttribute, makeNode, microsoft, textOf } from '../../onnx/nodes.js';
import { elementTypes, type NodeProto } from '../../onnx/onnx-messages.js';
import type { Scheme } from '../scheme.js';
import { dequantizeNode, quantizedValue, quantizeNode } from './quantized-value.js';

const convAttributes = new Set(['auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides']);
const int32Max = 2 ** 31 - 1;

/**
 * QuantizeLinear, com.microsoft's QLinearConv, DequantizeLinear; the bias as int32 in steps of (scale of x · scale of the
 * channel). A Relu or Clip behind that nobody else sees is folded: its range is that of the result, whose 8 bits end where
 * it ends.
 */
export const staticConv: Scheme = (model, { scope, node, kind, weights: [weight] }, { ranges }) => {
  const [x = '', , bias = ''] = node.input;
  if (weight === undefined || (node.input[3] ?? '') !== '') return 'it adds another value to its result';
  const biasValues = bias === '' ? undefined : scope.floats(bias);
  if (bias !== '' && biasValues === undefined) return 'its bias is no constant';
  const behind = foldedBehind(scope, node);
  const isRelu = kind === 'FusedConv' && textOf(node, 'activation') === 'Relu';
  const activation = kind === 'FusedConv' && !isRelu ? activationNode(node, '', '') : null;
  if (activation !== null) return 'its activation would need the range before it, which is not seen';
  const [output = ''] = behind?.output ?? node.output;
  const [from, to] = [ranges.get(x), ranges.get(output)];
  if (from === undefined || to === undefined) return `the range of "${from === undefined ? x : output}" was not calibrated`; // prettier-ignore
  const { dims, data, scales } = int8PerChannel(weight.values, 0);
  const [xq, yq] = [quantizedValue(scope, x, from), quantizedValue(scope, output, to)];
  model.useMicrosoft();
  const input = [
    scope.fresh(`${x}_q`),
    xq.scaleName,
    xq.zeroName,
    scope.addInitializer(`${weight.name}_int8`, dims, elementTypes.int8, data),
    scope.addInitializer(`${weight.name}_scale`, [scales.length], elementTypes.float, scales),
    scope.addInitializer(`${weight.name}_zero`, [scales.length], elementTypes.int8, new Int8Array(scales.length)),
    yq.scaleName,
    yq.zeroName,
  ];
  if (biasValues !== undefined) {
    const steps = Int32Array.from(biasValues.data, (value, channel) => {
      const step = xq.scale * (scales[channel] ?? 1);
      return Math.max(-int32Max, Math.min(int32Max, Math.round(value / step)));
    });
    input.push(scope.addInitializer(`${bias}_int32`, [steps.length], elementTypes.int32, steps));
  }
  const attribute = [
    ...node.attribute.filter(({ name }) => convAttributes.has(name)),
    intAttribute('channels_last', 0),
  ];
  const quantized = scope.fresh(`${output}_q`);
  if (behind !== undefined) scope.remove(behind);
  scope.replace(node, [
    quantizeNode(x, xq, input[0] ?? ''),
    makeNode('QLinearConv', input, [quantized], { domain: microsoft, attribute }),
    dequantizeNode(quantized, yq, output),
  ]);
  return true;
};

/** A Relu, or a Clip between whose bounds 0 is: a range always holds 0, so it cannot end within other bounds. */
function foldedBehind(scope: GraphScope, node: NodeProto): NodeProto | undefined {
  const next = scope.onlyConsumer(node.output[0] ?? '');
  if (next?.opType === 'Relu') return next;
  if (next?.opType !== 'Clip') return undefined;
  const { min = NaN, max = NaN } = clipBounds(scope, next);
  return min <= 0 && max >= 0 ? next : undefined;
}
