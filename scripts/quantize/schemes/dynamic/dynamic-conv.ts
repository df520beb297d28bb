import { int8PerChannel } from '../../arithmetic/quantize-weights.js';
import { intAttribute, makeNode, microsoft } from '../../onnx/nodes.js';
import { elementTypes, type NodeProto } from '../../onnx/onnx-messages.js';
import type { OperatorWeight, QuantizableOperator } from '../../operators/quantizable-operator.js';
import type { Scheme } from '../scheme.js';
import { behindConv } from './behind-conv.js';
import { nodesInTurn, type Step } from './nodes-in-turn.js';
import { isPointwise, pointwiseConv } from './pointwise-conv.js';

const opsetMin = 11;
/** Attributes that ConvInteger has as Conv has them. */
const convAttributes = new Set(['auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides']);
const unsignedZero = 128;

/**
 * Any convolution from opset 11 on, as DynamicQuantizeLinear and ConvInteger; before it, those that are a matrix product
 * of each pixel. Then what a FusedConv does behind.
 */
export const dynamicConv: Scheme = (model, operator) => {
  const { scope, node, weights: [weight] } = operator; // prettier-ignore
  if (weight === undefined) return 'it has no weights';
  const [x = '', , bias = ''] = node.input;
  const [output = ''] = node.output;
  const isInteger = model.opset >= opsetMin;
  if (!isInteger && !isPointwise(node, weight)) return `its DynamicQuantizeLinear needs opset ${opsetMin}, the model has ${model.opset}`; // prettier-ignore
  if (bias !== '' && scope.floats(bias) === undefined) return 'its bias is no constant';
  const behind = behindConv(operator, model.opset);
  if (typeof behind === 'string') return behind;
  model.useMicrosoft();
  if (isInteger) scope.replace(node, integerConv(operator, weight, behind));
  else scope.replace(node, nodesInTurn(scope, x, output, [...pointwiseConv(operator, weight, bias), ...behind]));
  return true;
};

/**
 * x → uint8 with a scale and a zero point; sums of products as int32; y = sum · (scale of x · scale of the channel) + bias.
 * Weights are the symmetric int8 ones moved up by 128: as the left factor of a product, signed ones take the slow generic
 * kernel of WebAssembly (10 times as long, onnxruntime-web 1.29). Nothing saturates anywhere, for both factors are unsigned.
 * com.microsoft's DequantizeLinear is Cast and Mul in one pass.
 */
function integerConv(
  { scope, node, id }: QuantizableOperator,
  weight: OperatorWeight,
  behind: readonly Step[],
): NodeProto[] {
  // prettier-ignore
  const [x = '', , bias = ''] = node.input;
  const [output = ''] = node.output;
  const { dims, data, scales } = int8PerChannel(weight.values, 0);
  const unsigned = Uint8Array.from(data, (value) => value + unsignedZero);
  const w = scope.addInitializer(`${weight.name}_uint8`, dims, elementTypes.uint8, unsigned);
  const z = scope.addInitializer(`${weight.name}_zero`, [], elementTypes.uint8, Uint8Array.of(unsignedZero));
  const s = scope.addInitializer(`${weight.name}_scale`, [scales.length], elementTypes.float, scales);
  const [q = '', scale = '', zero = '', sum = '', factor = ''] = ['q', 'q_scale', 'q_zero', 'sum', 'factor'].map((stem) => scope.fresh(`${id}_${stem}`)); // prettier-ignore
  const attribute = node.attribute.filter(({ name }) => convAttributes.has(name));
  const axis = [intAttribute('axis', 1)];
  const steps: Step[] = [(from, to) => makeNode('DequantizeLinear', [from, factor], [to], { domain: microsoft, attribute: axis })]; // prettier-ignore
  if (bias !== '') {
    const values = scope.floats(bias)?.data ?? new Float32Array();
    const perChannel = [1, scales.length, ...dims.slice(2).map(() => 1)];
    const b = scope.addInitializer(`${bias}_per_channel`, perChannel, elementTypes.float, values);
    steps.push((from, to) => makeNode('Add', [from, b], [to]));
  }
  return [
    makeNode('DynamicQuantizeLinear', [x], [q, scale, zero]),
    makeNode('ConvInteger', [q, w, zero, z], [sum], { attribute }),
    makeNode('Mul', [scale, s], [factor]),
    ...nodesInTurn(scope, sum, output, [...steps, ...behind]),
  ];
}
