import type { GraphScope } from '../graph/graph-scope.js';
import { intsOf, isOnnx, textOf } from '../onnx/nodes.js';
import { elementTypes, type NodeProto } from '../onnx/onnx-messages.js';
import type { FloatValues } from '../onnx/tensor-values.js';
import { withScalar } from './with-scalar.js';

interface ConvParts {
  readonly node: NodeProto;
  readonly weights: FloatValues;
  /** Zeros where it has none. */
  readonly bias: Float32Array;
}

/** Conv, then x · s or x + s with a constant s, nobody else looking: s goes into the weights and the bias. */
export function foldAffineAfterConv(scope: GraphScope): number {
  return foldAll(scope, (conv) => {
    const [output = ''] = conv.node.output;
    const next = scope.onlyConsumer(output);
    const affine = next === undefined ? undefined : affineOf(scope, next);
    if (next === undefined || affine === undefined) return false;
    const { scalar, isSum } = affine;
    const weights = isSum ? conv.weights.data : conv.weights.data.map((weight) => weight * scalar);
    const bias = conv.bias.map((value) => (isSum ? value + scalar : value * scalar));
    rewrite(scope, conv, { weights, bias, input: conv.node.input[0] ?? '', output: next.output[0] ?? '' });
    scope.remove(next);
    return true;
  });
}

/**
 * x · s, then Conv: s goes into the weights. x + s, then Conv: into the bias, which is right only where nothing is padded
 * (padding is of zeros, not of s).
 */
export function foldAffineBeforeConv(scope: GraphScope): number {
  return foldAll(scope, (conv) => {
    const [input = ''] = conv.node.input;
    const before = scope.producerOf(input);
    const affine = before === undefined ? undefined : affineOf(scope, before);
    if (before === undefined || affine === undefined || scope.onlyConsumer(input) !== conv.node) return false;
    const { x, scalar, isSum } = affine;
    if (isSum && isPadded(conv.node)) return false;
    const { data } = conv.weights;
    const perOutput = data.length / conv.bias.length;
    const sumOf = (channel: number): number =>
      data.subarray(channel * perOutput, (channel + 1) * perOutput).reduce((sum, weight) => sum + weight, 0);
    const weights = isSum ? data : data.map((weight) => weight * scalar);
    const bias = isSum ? conv.bias.map((value, channel) => value + scalar * sumOf(channel)) : conv.bias;
    rewrite(scope, conv, { weights, bias, input: x, output: conv.node.output[0] ?? '' });
    scope.remove(before);
    return true;
  });
}

/** Each convolution until nothing folds any more: behind a factor there may be an offset. */
function foldAll(scope: GraphScope, fold: (conv: ConvParts) => boolean): number {
  let count = 0;
  for (const node of [...scope.nodes]) {
    for (;;) {
      const conv = convParts(scope, node);
      if (conv === undefined || !fold(conv)) break;
      count += 1;
    }
  }
  return count;
}

function convParts(scope: GraphScope, node: NodeProto): ConvParts | undefined {
  if (node.opType !== 'Conv' || !isOnnx(node)) return undefined;
  const weights = scope.floats(node.input[1]);
  const channels = weights?.dims[0] ?? 0;
  const hasBias = (node.input[2] ?? '') !== '';
  const bias = hasBias ? scope.floats(node.input[2])?.data : new Float32Array(channels);
  if (weights === undefined || bias === undefined || channels === 0) return undefined;
  return { node, weights, bias };
}

function affineOf(scope: GraphScope, node: NodeProto): { x: string; scalar: number; isSum: boolean } | undefined {
  if (!isOnnx(node) || (node.opType !== 'Mul' && node.opType !== 'Add')) return undefined;
  const found = withScalar(scope, node);
  return found === undefined ? undefined : { ...found, isSum: node.opType === 'Add' };
}

const isPadded = (node: NodeProto): boolean =>
  intsOf(node, 'pads').some((pad) => pad !== 0) || !['', 'NOTSET', 'VALID'].includes(textOf(node, 'auto_pad'));

interface Rewritten {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly input: string;
  readonly output: string;
}

/** New initializers: the old ones may be somebody else's too. */
function rewrite(
  scope: GraphScope,
  { node, weights }: ConvParts,
  { weights: data, bias, input, output }: Rewritten,
): void {
  // prettier-ignore
  const [, weightName = ''] = node.input;
  const w = data === weights.data ? weightName : scope.addInitializer(`${weightName}_folded`, weights.dims, elementTypes.float, data); // prettier-ignore
  const b = scope.addInitializer(`${weightName}_bias_folded`, [bias.length], elementTypes.float, bias);
  node.input = [input, w, b];
  node.output = [output];
}
