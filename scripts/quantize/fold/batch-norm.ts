import type { GraphScope } from '../graph/graph-scope.js';
import { floatOf, intOf, isOnnx } from '../onnx/nodes.js';
import type { NodeProto } from '../onnx/onnx-messages.js';
import { type Affine, constantFloats, finite } from './affine.js';
import { type Convolution, foldAfter } from './convolution.js';

/** A convolution, then BatchNormalization as it is when nothing is trained: it goes into the weights and the bias. */
export function foldBatchNorm(scope: GraphScope): number {
  return foldAfter(scope, (next, conv) => batchNormOf(scope, next, conv));
}

/** (x − mean) / √(variance + ε) · scale + bias = x · f + (bias − mean · f), with f = scale / √(variance + ε). */
function batchNormOf(scope: GraphScope, node: NodeProto, { channels }: Convolution): Affine | undefined {
  if (node.opType !== 'BatchNormalization' || !isOnnx(node)) return undefined;
  // spatial (before opset 9): 0 says that each place has statistics of its own
  if (intOf(node, 'training_mode', 0) !== 0 || intOf(node, 'spatial', 1) !== 1) return undefined;
  if (node.output.slice(1).some((name) => name !== '')) return undefined;
  const [x = '', ...names] = node.input;
  const [scale, bias, mean, variance] = names.map((name) => constantFloats(scope, name)?.data);
  if (scale === undefined || bias === undefined || mean === undefined || variance === undefined) return undefined;
  if ([scale, bias, mean, variance].some(({ length }) => length !== channels)) return undefined;
  const epsilon = floatOf(node, 'epsilon', 1e-5);
  const factors = Array.from(scale, (value, at) => value / Math.sqrt((variance[at] ?? 0) + epsilon));
  const offsets = factors.map((factor, at) => (bias[at] ?? 0) - (mean[at] ?? 0) * factor);
  return finite({ x, factors, offsets });
}
