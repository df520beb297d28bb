import type { GraphScope } from '../graph/graph-scope.js';
import { intsOf, textOf } from '../onnx/nodes.js';
import type { NodeProto } from '../onnx/onnx-messages.js';
import { affineOf, scalarOf } from './affine.js';
import { convolutionOf, setWeights } from './convolution.js';

/**
 * x · f + o, then Conv, nobody else looking: w ∗ (x · f + o) + b = (w · f) ∗ x + (b + o · Σw), the sum over what makes one
 * output channel. An offset only where nothing is padded: padding is of zeros, not of o.
 */
export function foldAffineBeforeConv(scope: GraphScope): number {
  let count = 0;
  for (const node of [...scope.nodes]) if (node.opType === 'Conv') while (foldBefore(scope, node)) count += 1;
  return count;
}

function foldBefore(scope: GraphScope, node: NodeProto): boolean {
  const [input = ''] = node.input;
  const before = scope.producerOf(input);
  const affine = before === undefined ? undefined : affineOf(scope, before);
  const scalar = affine === undefined ? undefined : scalarOf(affine);
  if (before === undefined || affine === undefined || scalar === undefined) return false;
  if (scope.onlyConsumer(input) !== node || (scalar.offset !== 0 && isPadded(node))) return false;
  const conv = convolutionOf(scope, node);
  if (conv === undefined) return false;
  const { factor, offset } = scalar;
  const { data } = conv.weights;
  const sums = new Float64Array(conv.channels);
  for (const [at, weight] of data.entries()) {
    const channel = conv.channelOf(at);
    sums[channel] = (sums[channel] ?? 0) + weight;
  }
  const bias = conv.bias.map((value, channel) => value + offset * (sums[channel] ?? 0));
  setWeights(scope, conv, factor === 1 ? undefined : data.map((weight) => weight * factor), bias);
  node.input = [affine.x, ...node.input.slice(1)];
  scope.remove(before);
  return true;
}

const isPadded = (node: NodeProto): boolean =>
  intsOf(node, 'pads').some((pad) => pad !== 0) || !['', 'NOTSET', 'VALID'].includes(textOf(node, 'auto_pad'));
