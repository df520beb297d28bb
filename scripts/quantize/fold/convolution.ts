import type { GraphScope } from '../graph/graph-scope.js';
import { intOf, isOnnx } from '../onnx/nodes.js';
import { elementTypes, type NodeProto } from '../onnx/onnx-messages.js';
import type { FloatValues } from '../onnx/tensor-values.js';
import { type Affine, type ChannelShape, constantFloats } from './affine.js';

/** A Conv or ConvTranspose whose weights and bias are constants. */
export interface Convolution extends ChannelShape {
  readonly node: NodeProto;
  /** Conv: [out, in / group, ...kernel]. ConvTranspose: [in, out / group, ...kernel]. */
  readonly weights: FloatValues;
  /** One for each output channel; zeros where it has none. */
  readonly bias: Float32Array;
  /** Which output channel an element of the weights belongs to. */
  readonly channelOf: (at: number) => number;
}

/** Undefined for what is no convolution, or none whose weights are known. */
export function convolutionOf(scope: GraphScope, node: NodeProto): Convolution | undefined {
  if (!isOnnx(node) || (node.opType !== 'Conv' && node.opType !== 'ConvTranspose')) return undefined;
  const [, weightName = '', biasName = ''] = node.input;
  const weights = constantFloats(scope, weightName);
  const [first = 0, second = 0, ...kernel] = weights?.dims ?? [];
  const group = intOf(node, 'group', 1);
  const isTransposed = node.opType === 'ConvTranspose';
  const channels = isTransposed ? second * group : first;
  const bias = biasName === '' ? new Float32Array(channels) : constantFloats(scope, biasName)?.data;
  if (weights === undefined || bias?.length !== channels || channels === 0 || first % group !== 0) return undefined;
  const taps = kernel.reduce((product, size) => product * size, 1);
  const channelOf = (at: number): number => {
    const row = Math.floor(at / (second * taps));
    return isTransposed ? Math.floor(row / (first / group)) * second + (Math.floor(at / taps) % second) : row;
  };
  return { node, weights, bias, channelOf, rank: weights.dims.length, channels };
}

/**
 * Folds what follows each convolution, where nobody else sees what is between them, into its weights and its bias:
 * (w ∗ x + b) · f + o = (w · f) ∗ x + (b · f + o). The convolution then answers under the name of what followed. As often
 * as anything follows; answers how often.
 */
export function foldAfter(
  scope: GraphScope,
  affineAt: (next: NodeProto, conv: Convolution) => Affine | undefined,
): number {
  let count = 0;
  for (const node of [...scope.nodes]) while (foldNext(scope, node, affineAt)) count += 1;
  return count;
}

function foldNext(
  scope: GraphScope,
  node: NodeProto,
  affineAt: (next: NodeProto, conv: Convolution) => Affine | undefined,
): boolean {
  const conv = convolutionOf(scope, node);
  const next = conv === undefined ? undefined : scope.onlyConsumer(node.output[0] ?? '');
  const affine = conv === undefined || next === undefined ? undefined : affineAt(next, conv);
  if (conv === undefined || next === undefined || affine === undefined) return false;
  const { factors, offsets } = affine;
  const pick = (values: readonly number[], channel: number): number => values[values.length === 1 ? 0 : channel] ?? 0;
  const weights = conv.weights.data.map((weight, index) => weight * pick(factors, conv.channelOf(index)));
  const bias = conv.bias.map((value, channel) => value * pick(factors, channel) + pick(offsets, channel));
  setWeights(scope, conv, factors.every((factor) => factor === 1) ? undefined : weights, bias);
  node.output = [next.output[0] ?? ''];
  scope.remove(next);
  return true;
}

/** By new initializers: the old ones may be somebody else's too. Undefined weights: they stay. */
export function setWeights(
  scope: GraphScope,
  { node, weights: { dims } }: Convolution,
  weights: Float32Array | undefined,
  bias: Float32Array,
): void {
  const [x = '', weightName = ''] = node.input;
  const w = weights === undefined ? weightName : scope.addInitializer(`${weightName}_folded`, dims, elementTypes.float, weights); // prettier-ignore
  const hasBias = (node.input[2] ?? '') !== '' || bias.some((value) => value !== 0);
  const b = hasBias ? [scope.addInitializer(`${weightName}_bias_folded`, [bias.length], elementTypes.float, bias)] : [];
  node.input = [x, w, ...b];
}
