import { halfFromNumber, halfOverflow } from '../../../../shared/protocol/fp16.js';
import type { GraphScope } from '../../graph/graph-scope.js';
import { intAttribute, makeNode } from '../../onnx/nodes.js';
import { elementTypes } from '../../onnx/onnx-messages.js';
import type { OperatorWeight } from '../../operators/quantizable-operator.js';
import type { Scheme } from '../scheme.js';
import { restoreWeights, type Restored } from './restore-weights.js';

/** Weights in 16 bits, cast to floats whenever the operator runs; of a table only the rows that were looked up are. */
export const fp16Weights: Scheme = (_, operator) => {
  const { kind, weights } = operator;
  const beyond = weights.flatMap(({ values }) => [...values.data]).find((value) => !(Math.abs(value) < halfOverflow));
  if (beyond !== undefined) return `a weight of ${beyond} is beyond what 16 bits hold (65504)`;
  if (kind === 'Gather') gatherHalves(operator);
  else restoreWeights(operator, halves);
  return true;
};

const toFloat = [intAttribute('to', elementTypes.float)];

function halves(scope: GraphScope, weight: OperatorWeight): Restored {
  const output = scope.fresh(`${weight.name}_restored`);
  return { node: makeNode('Cast', [stored(scope, weight)], [output], { attribute: toFloat }), output };
}

function gatherHalves({ scope, node, weights: [weight] }: Parameters<Scheme>[1]): void {
  const [, indices = ''] = node.input;
  const [output = ''] = node.output;
  if (weight === undefined) return;
  const rows = scope.fresh(`${output}_rows`);
  scope.replace(node, [
    makeNode('Gather', [stored(scope, weight), indices], [rows], { attribute: [intAttribute('axis', 0)] }),
    makeNode('Cast', [rows], [output], { attribute: toFloat }),
  ]);
}

const stored = (scope: GraphScope, { name, values }: OperatorWeight): string =>
  scope.addInitializer(
    `${name}_fp16`,
    values.dims,
    elementTypes.float16,
    Uint16Array.from(values.data, halfFromNumber),
  );
