import type { GraphScope } from '../graph/graph-scope.js';
import type { NodeProto } from '../onnx/onnx-messages.js';
import type { FloatValues } from '../onnx/tensor-values.js';

/** Operators of com.microsoft that onnxruntime's optimiser makes: with an activation behind, or a factor. */
export const fusedKinds = ['FusedConv', 'FusedGemm', 'FusedMatMul'] as const;

/** What can be quantized. */
export type OperatorKind =
  'MatMul' | 'Gemm' | 'Conv' | 'ConvTranspose' | 'Gather' | 'LSTM' | 'GRU' | (typeof fusedKinds)[number];

/** A constant input of an operator that holds weights. */
export interface OperatorWeight {
  /** Which input of the node. */
  readonly input: number;
  /** Of the initializer. */
  readonly name: string;
  readonly values: FloatValues;
  /** The axis of its output channels, each of which gets a scale of its own: 0 of Conv's, the last of MatMul's, 0 of Gather's rows. */
  readonly channelAxis: number;
}

/** One node with weights, and where it stands. */
export interface QuantizableOperator {
  /** The name of its first output: unique in a model, and the same on every machine. */
  readonly id: string;
  readonly scope: GraphScope;
  readonly node: NodeProto;
  readonly kind: OperatorKind;
  readonly weights: readonly OperatorWeight[];
  /** Operators that are alike cost alike: type, shape of the weights and attributes that matter. `Conv 3x3 g240 240x1x3x3 s1x1`. */
  readonly group: string;
}
