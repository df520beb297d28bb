import { int8PerChannel } from '../../arithmetic/quantize-weights.js';
import { makeNode, microsoft } from '../../onnx/nodes.js';
import { elementTypes } from '../../onnx/onnx-messages.js';
import { matrixProduct } from '../../operators/matrix-product.js';
import type { Scheme } from '../scheme.js';
import { quantizedValue, quantizeNode } from './quantized-value.js';

/**
 * QuantizeLinear with the calibrated range, then com.microsoft's MatMulIntegerToFloat: the result is a float at once, so
 * that only the input is rounded.
 */
export const staticMatMul: Scheme = (model, operator, { ranges }) => {
  const { scope, node, weights: [weight] } = operator; // prettier-ignore
  const [x = ''] = node.input;
  const range = ranges.get(x);
  if (range === undefined) return `the range of "${x}" was not calibrated`;
  const product = matrixProduct(operator);
  if (typeof product === 'string') return product;
  const { dims, data, scales } = int8PerChannel(product.weights, 1);
  model.useMicrosoft();
  const xq = quantizedValue(scope, x, range);
  const quantized = scope.fresh(`${x}_q`);
  const name = weight?.name ?? '';
  const input = [
    quantized,
    scope.addInitializer(`${name}_int8`, dims, elementTypes.int8, data),
    xq.scaleName,
    scope.addInitializer(`${name}_scale`, [scales.length], elementTypes.float, scales),
    xq.zeroName,
    scope.addInitializer(`${name}_zero`, [scales.length], elementTypes.int8, new Int8Array(scales.length)),
    ...(product.bias === '' ? [] : [product.bias]),
  ];
  scope.replace(node, [
    quantizeNode(x, xq, quantized),
    makeNode('MatMulIntegerToFloat', input, [product.output], { domain: microsoft }),
    ...product.behind,
  ]);
  return true;
};
