import type { GraphScope } from '../../graph/graph-scope.js';
import type { NodeProto } from '../../onnx/onnx-messages.js';
import type { OperatorWeight, QuantizableOperator } from '../../operators/quantizable-operator.js';

/** A node that makes floats of weights that are stored otherwise, and what it calls them. */
export interface Restored {
  readonly node: NodeProto;
  readonly output: string;
}

/** Puts in front of an operator what restores its weights; the operator itself stays as it is. */
export function restoreWeights(
  { scope, node, weights }: QuantizableOperator,
  restore: (scope: GraphScope, weight: OperatorWeight) => Restored,
): void {
  const input = [...node.input];
  const before = weights.map((weight) => {
    const restored = restore(scope, weight);
    input[weight.input] = restored.output;
    return restored.node;
  });
  scope.replace(node, [...before, { ...node, input }]);
}
