import { attributeOf, floatAttribute, floatOf, makeNode, textOf } from '../onnx/nodes.js';
import type { AttributeProto, NodeProto } from '../onnx/onnx-messages.js';

/** What each activation calls its parameters, in their order. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  Relu: [],
  Sigmoid: [],
  Tanh: [],
  LeakyRelu: ['alpha'],
  HardSigmoid: ['alpha', 'beta'],
};

/**
 * The activation of a FusedConv or FusedGemm (com.microsoft) as a node of its own; null where it has none; a text where it
 * is unknown here. FusedConv has parameters in a list, FusedGemm each by its name.
 */
export function activationNode(node: NodeProto, input: string, output: string): NodeProto | string | null {
  const activation = textOf(node, 'activation');
  if (activation === '') return null;
  const names = Object.hasOwn(parameters, activation) ? parameters[activation] : undefined;
  if (names === undefined) return `its activation ${activation} is not taken apart`;
  const values = attributeOf(node, 'activation_params')?.floats;
  const attribute = names.map((name, at): AttributeProto => {
    return floatAttribute(name, values === undefined ? floatOf(node, `activation_${name}`, 0) : (values[at] ?? 0));
  });
  return makeNode(activation, [input], [output], { attribute });
}
