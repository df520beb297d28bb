import type { EditableModel } from '../graph/editable-model.js';
import type { GraphScope } from '../graph/graph-scope.js';
import { intOf, intsOf, isOnnx, microsoft } from '../onnx/nodes.js';
import type { NodeProto } from '../onnx/onnx-messages.js';
import {
  fusedKinds,
  type OperatorKind,
  type OperatorWeight,
  type QuantizableOperator,
} from './quantizable-operator.js';

interface WeightPlace {
  readonly input: number;
  readonly axis: (node: NodeProto, rank: number) => number;
  readonly ranks: readonly number[];
}

const first = (): number => 0;
const columns = (node: NodeProto): number => (intOf(node, 'transB', 0) === 1 ? 0 : 1);
const last = (_: NodeProto, rank: number): number => rank - 1;

/** Where the weights of each kind are, and which axis of them is that of the output. */
const places: Readonly<Record<OperatorKind, readonly WeightPlace[]>> = {
  MatMul: [{ input: 1, axis: last, ranks: [2] }],
  Gemm: [{ input: 1, axis: columns, ranks: [2] }],
  FusedGemm: [{ input: 1, axis: columns, ranks: [2] }],
  FusedMatMul: [{ input: 1, axis: columns, ranks: [2] }],
  Conv: [{ input: 1, axis: first, ranks: [3, 4, 5] }],
  FusedConv: [{ input: 1, axis: first, ranks: [3, 4, 5] }],
  // [in, out / group, ...kernel]; with groups an output channel is of two axes
  ConvTranspose: [{ input: 1, axis: (node) => (intOf(node, 'group', 1) === 1 ? 1 : 0), ranks: [3, 4, 5] }],
  Gather: [{ input: 0, axis: first, ranks: [2] }],
  // [directions, gates × hidden, in or hidden]
  LSTM: [1, 2].map((input) => ({ input, axis: () => 1, ranks: [3] })),
  GRU: [1, 2].map((input) => ({ input, axis: () => 1, ranks: [3] })),
};

/** Every node of a model whose weights are float constants of at least `elementsMin`, branches included, in the order of the nodes. */
export function findOperators({ main }: EditableModel, elementsMin = 1): QuantizableOperator[] {
  return main.all.flatMap((scope) =>
    scope.nodes.flatMap((node) => {
      const operator = operatorOf(scope, node);
      const size = operator?.weights.reduce((sum, { values }) => sum + values.data.length, 0) ?? 0;
      return operator === undefined || size < elementsMin ? [] : [operator];
    }),
  );
}

function operatorOf(scope: GraphScope, node: NodeProto): QuantizableOperator | undefined {
  const kind = kindOf(node);
  const [id = ''] = node.output;
  if (kind === undefined || id === '') return undefined;
  const weights = places[kind].flatMap(({ input, axis, ranks }): OperatorWeight[] => {
    const name = node.input[input];
    const values = scope.floats(name);
    if (name === undefined || values === undefined || !ranks.includes(values.dims.length)) return [];
    return [{ input, name, values, channelAxis: axis(node, values.dims.length) }];
  });
  // Half of an LSTM is none.
  if (weights.length < places[kind].length) return undefined;
  return { id, scope, node, kind, weights, group: groupOf(node, kind, weights) };
}

function kindOf(node: NodeProto): OperatorKind | undefined {
  const fused = fusedKinds.find((kind) => kind === node.opType);
  if (fused !== undefined) return node.domain === microsoft ? fused : undefined;
  if (!isOnnx(node) || !Object.hasOwn(places, node.opType)) return undefined;
  // Rows of another axis would need their scales gathered otherwise.
  if (node.opType === 'Gather' && intOf(node, 'axis', 0) !== 0) return undefined;
  return node.opType as OperatorKind;
}

function groupOf(node: NodeProto, kind: OperatorKind, weights: readonly OperatorWeight[]): string {
  const shapes = weights.map(({ values }) => values.dims.join('x')).join(' ');
  if (!kind.includes('Conv')) return `${kind} ${shapes}`;
  const details = (['strides', 'dilations', 'pads'] as const).map((name) => {
    const values = intsOf(node, name);
    return values.length === 0 ? '' : ` ${name} ${values.join('x')}`;
  });
  const groups = intOf(node, 'group', 1);
  return `${kind} ${shapes}${groups === 1 ? '' : ` group ${groups}`}${details.join('')}`;
}
