import type { OnnxModel, OnnxNode } from '../publish/graph/onnx-model.js';

export interface FlopsEstimate {
  /** Floating-point operations of one run; a multiplication and the addition after it are two. */
  readonly flops: number;
  /** The operators that take most, the first of them most. */
  readonly byOperator: readonly { readonly opType: string; readonly flops: number }[];
  /** Operators whose work is not known from shapes alone, such as loops: theirs is left out. */
  readonly unknown: readonly string[];
}

type Shape = readonly number[];
type ShapeOf = (name: string | undefined) => Shape | undefined;

const product = (sizes: Shape): number => sizes.reduce((all, size) => all * size, 1);
const attribute = ({ attributes }: OnnxNode, name: string): number | undefined => {
  const value = attributes.find((one) => one.name === name)?.i;
  return value === undefined ? undefined : Number(value);
};

/** Only move or rename what is there. */
const free = new Set([
  'Cast', 'CastLike', 'Concat', 'Constant', 'ConstantOfShape', 'Expand', 'Flatten', 'Gather', 'GatherElements', 'GatherND',
  'Identity', 'Pad', 'Range', 'Reshape', 'Shape', 'Size', 'Slice', 'Split', 'Squeeze', 'Tile', 'Transpose', 'Unsqueeze',
]); // prettier-ignore
const unknowable = new Set([
  'Attention', 'DFT', 'DeformConv', 'Einsum', 'If', 'LinearAttention', 'Loop', 'NonMaxSuppression', 'NonZero', 'Scan', 'STFT',
  'SequenceMap', 'TfIdfVectorizer', 'Unique',
]); // prettier-ignore

/** Weights of a convolution [out, in / group, ...kernel]: each output element takes all but its first axis. */
const convolution =
  (weight: number) =>
  (node: OnnxNode, shapeOf: ShapeOf, output: Shape): number | undefined => {
    const weights = shapeOf(node.inputs[weight]);
    return weights && 2 * product(output) * product(weights.slice(1));
  };

/** The last axis of the left matrix is summed over. */
const matrices =
  (left: number) =>
  (node: OnnxNode, shapeOf: ShapeOf, output: Shape): number | undefined => {
    const shape = shapeOf(node.inputs[left]);
    const transposed = attribute(node, 'transA') === 1;
    return shape && 2 * product(output) * (shape.at(transposed ? -2 : -1) ?? 1);
  };

/** X [steps, batch, in], W [directions, gates × hidden, in], R [directions, gates × hidden, hidden]. */
function recurrent(node: OnnxNode, shapeOf: ShapeOf): number | undefined {
  const [x, w, r] = [shapeOf(node.inputs[0]), shapeOf(node.inputs[1]), shapeOf(node.inputs[2])];
  return x && w && r && 2 * (x[0] ?? 1) * (x[1] ?? 1) * (product(w) + product(r));
}

/** Each input element is added into the output through all but the first axis of W [in, out / group, ...kernel]. */
function transposedConvolution(node: OnnxNode, shapeOf: ShapeOf): number | undefined {
  const [x, w] = [shapeOf(node.inputs[0]), shapeOf(node.inputs[1])];
  return x && w && 2 * product(x) * product(w.slice(1));
}

/** Each output element takes a window of the input. */
function pooling(node: OnnxNode, _: ShapeOf, output: Shape): number {
  const kernel = node.attributes.find(({ name }) => name === 'kernel_shape')?.ints ?? [];
  return product(output) * product(kernel.map(Number));
}

type Rule = (node: OnnxNode, shapeOf: ShapeOf, output: Shape) => number | undefined;
const rules: Readonly<Record<string, Rule>> = {
  Conv: convolution(1),
  FusedConv: convolution(1),
  ConvInteger: convolution(1),
  QLinearConv: convolution(3),
  ConvTranspose: transposedConvolution,
  MatMul: matrices(0),
  FusedMatMul: matrices(0),
  MatMulInteger: matrices(0),
  DynamicQuantizeMatMul: matrices(0),
  MatMulNBits: matrices(0),
  QLinearMatMul: matrices(0),
  Gemm: matrices(0),
  FusedGemm: matrices(0),
  MatMulIntegerToFloat: matrices(0),
  QGemm: matrices(0),
  AveragePool: pooling,
  LpPool: pooling,
  MaxPool: pooling,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
};

/** What one run of these shapes takes. What is neither simple nor has a rule is named, and left out. */
export function estimateFlops({ graph }: OnnxModel, shapes: ReadonlyMap<string, Shape>): FlopsEstimate {
  const weights = new Map(graph.initializers.map(({ name, dims }) => [name, dims.map(Number)]));
  const shapeOf: ShapeOf = (name) => (name === undefined ? undefined : (shapes.get(name) ?? weights.get(name)));
  const byOperator = new Map<string, number>();
  const left = new Set<string>();
  for (const node of graph.nodes) {
    if (free.has(node.opType)) continue;
    const output = shapeOf(node.outputs.find((name) => name !== ''));
    const rule = Object.hasOwn(rules, node.opType) ? rules[node.opType] : undefined;
    const simple = (node.domain === '' || node.domain === 'ai.onnx') && !unknowable.has(node.opType);
    const flops = output === undefined ? undefined : (rule ?? (simple ? elementwise : unknown))(node, shapeOf, output); // prettier-ignore
    if (flops === undefined) left.add(node.opType);
    else byOperator.set(node.opType, (byOperator.get(node.opType) ?? 0) + flops);
  }
  const sorted = [...byOperator].sort(([, a], [, b]) => b - a).map(([opType, flops]) => ({ opType, flops }));
  return { flops: sorted.reduce((sum, { flops }) => sum + flops, 0), byOperator: sorted, unknown: [...left] };
}

/** An operation for each element of what goes in or comes out, whichever is more: a sum takes all that it adds. */
const elementwise: Rule = (node, shapeOf, output) => Math.max(product(output), product(shapeOf(node.inputs[0]) ?? [0]));

const unknown: Rule = () => undefined;
