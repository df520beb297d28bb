import { int8PerChannel } from '../../arithmetic/quantize-weights.js';
import type { GraphScope } from '../../graph/graph-scope.js';
import { makeNode, microsoft } from '../../onnx/nodes.js';
import { elementTypes, type NodeProto } from '../../onnx/onnx-messages.js';
import { matrixProduct } from '../../operators/matrix-product.js';
import type { Scheme } from '../scheme.js';

/**
 * com.microsoft's DynamicQuantizeMatMul: y = dequantize(quantize(x) · W) + bias in one node, W [k, n] int8 with a scale for
 * each column, the bias [n] of Gemm, or of an Add behind that nobody else sees.
 */
export const dynamicMatMul: Scheme = (model, operator) => {
  const { scope, node, kind, weights: [weight] } = operator; // prettier-ignore
  const product = matrixProduct(operator);
  if (typeof product === 'string') return product;
  const { dims, data, scales } = int8PerChannel(product.weights, 1);
  const add = kind === 'MatMul' ? biasBehind(scope, product.output, scales.length) : undefined;
  const bias = add?.bias ?? product.bias;
  model.useMicrosoft();
  const name = weight?.name ?? '';
  const input = [
    product.x,
    scope.addInitializer(`${name}_int8`, dims, elementTypes.int8, data),
    scope.addInitializer(`${name}_scale`, [scales.length], elementTypes.float, scales),
    // no zero points: int8 without them is symmetric
    ...(bias === '' ? [] : ['', bias]),
  ];
  const output = add?.node.output ?? [product.output];
  if (add !== undefined) scope.remove(add.node);
  scope.replace(node, [makeNode('DynamicQuantizeMatMul', input, output, { domain: microsoft }), ...product.behind]);
  return true;
};

function biasBehind(scope: GraphScope, output: string, columns: number): { node: NodeProto; bias: string } | undefined {
  const add = scope.onlyConsumer(output);
  if (add?.opType !== 'Add') return undefined;
  const bias = add.input.find((name) => name !== output) ?? '';
  const dims = scope.floats(bias)?.dims;
  return dims?.length === 1 && dims[0] === columns ? { node: add, bias } : undefined;
}
