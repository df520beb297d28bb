import { transposed } from '../graph/lift-constants.js';
import { floatOf, intOf } from '../onnx/nodes.js';
import type { NodeProto } from '../onnx/onnx-messages.js';
import type { FloatValues } from '../onnx/tensor-values.js';
import { activationNode } from './activation-node.js';
import type { QuantizableOperator } from './quantizable-operator.js';

/** activation(x · weights + bias), whatever node says it. */
export interface MatrixProduct {
  readonly x: string;
  /** [k, n], with the node's factor in it. */
  readonly weights: FloatValues;
  /** Name of a constant [n]; empty: none. */
  readonly bias: string;
  /** The product's own name: what the node answers with, or what its activation takes. */
  readonly output: string;
  /** The activation of a FusedGemm, behind the product. */
  readonly behind: readonly NodeProto[];
}

/** A MatMul, Gemm, FusedMatMul or FusedGemm as a product; a text: why it is none. Changes nothing but the names that are taken. */
export function matrixProduct(operator: QuantizableOperator): MatrixProduct | string {
  const { scope, node, kind, weights: [weight] } = operator; // prettier-ignore
  if (!['MatMul', 'Gemm', 'FusedMatMul', 'FusedGemm'].includes(kind) || weight === undefined) return `${kind} is no product of matrices`; // prettier-ignore
  if (['transA', 'transBatchA', 'transBatchB'].some((name) => intOf(node, name, 0) !== 0))
    return 'its input is transposed';
  const isGemm = kind === 'Gemm' || kind === 'FusedGemm';
  const bias = isGemm ? (node.input[2] ?? '') : '';
  if (bias !== '' && floatOf(node, 'beta', 1) !== 1) return 'its beta is not 1';
  const alpha = floatOf(node, 'alpha', 1);
  const matrix = intOf(node, 'transB', 0) === 1 ? transposed(weight.values, [1, 0]) : weight.values;
  const weights = alpha === 1 ? matrix : { dims: matrix.dims, data: matrix.data.map((value) => value * alpha) };
  const dims = bias === '' ? undefined : scope.floats(bias)?.dims;
  if (bias !== '' && (dims?.length !== 1 || dims[0] !== weights.dims[1])) {
    return 'its bias is no constant of one number for each column';
  }
  const [x = ''] = node.input;
  const [output = ''] = node.output;
  const activation = kind === 'FusedGemm' ? activationNode(node, '', '') : null;
  if (typeof activation === 'string') return activation;
  if (activation === null) return { x, weights, bias, output, behind: [] };
  const inner = scope.fresh(`${output}_linear`);
  return { x, weights, bias, output: inner, behind: [{ ...activation, input: [inner], output: [output] }] };
}
