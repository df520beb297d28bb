import { activationNode } from '../../operators/activation-node.js';
import type { QuantizableOperator } from '../../operators/quantizable-operator.js';
import { attributeOf, floatAttribute, makeNode, textOf } from '../../onnx/nodes.js';
import { elementTypes } from '../../onnx/onnx-messages.js';
import type { Step } from './nodes-in-turn.js';

/** From here on the bounds of a Clip are inputs. */
const opsetOfClipInputs = 11;

/**
 * What a FusedConv (com.microsoft) does with the result of its convolution, as nodes of their own: it adds its fourth
 * input, then comes its activation. Nothing for a Conv; a text where the activation is unknown.
 */
export function behindConv(operator: QuantizableOperator, opset: number): readonly Step[] | string {
  const { node, kind } = operator;
  if (kind !== 'FusedConv') return [];
  const added = node.input[3] ?? '';
  const sum: Step[] = added === '' ? [] : [(x, y) => makeNode('Add', [x, added], [y])];
  if (textOf(node, 'activation') === 'Clip') return [...sum, clip(operator, opset)];
  const known = activationNode(node, '', '');
  if (typeof known === 'string') return known;
  return known === null ? sum : [...sum, (x, y) => ({ ...known, input: [x], output: [y] })];
}

function clip({ scope, node, id }: QuantizableOperator, opset: number): Step {
  const [min = -Infinity, max = Infinity] = attributeOf(node, 'activation_params')?.floats ?? [];
  if (opset < opsetOfClipInputs) {
    return (x, y) =>
      makeNode('Clip', [x], [y], { attribute: [floatAttribute('min', min), floatAttribute('max', max)] });
  }
  return (x, y) => {
    const bounds = [min, max].map((bound) => scope.addInitializer(`${id}_bound`, [], elementTypes.float, Float32Array.of(bound))); // prettier-ignore
    return makeNode('Clip', [x, ...bounds], [y]);
  };
}
