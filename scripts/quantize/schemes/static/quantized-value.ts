import { activationScale, type ActivationScale } from '../../arithmetic/activation-scale.js';
import type { ValueRange } from '../../calibrate/value-ranges.js';
import type { GraphScope } from '../../graph/graph-scope.js';
import { makeNode, microsoft } from '../../onnx/nodes.js';
import { elementTypes, type NodeProto } from '../../onnx/onnx-messages.js';

/** A value of the graph in 8 bits: how, and under which names its scale and zero point are. */
export interface QuantizedValue extends ActivationScale {
  readonly scaleName: string;
  readonly zeroName: string;
}

/** com.microsoft's QuantizeLinear and DequantizeLinear are the same at any opset. */
export function quantizedValue(scope: GraphScope, name: string, range: ValueRange): QuantizedValue {
  const { scale, zero } = activationScale(range);
  return {
    scale,
    zero,
    scaleName: scope.addInitializer(`${name}_scale`, [], elementTypes.float, Float32Array.of(scale)),
    zeroName: scope.addInitializer(`${name}_zero`, [], elementTypes.uint8, Uint8Array.of(zero)),
  };
}

export const quantizeNode = (x: string, { scaleName, zeroName }: QuantizedValue, output: string): NodeProto =>
  makeNode('QuantizeLinear', [x, scaleName, zeroName], [output], { domain: microsoft });

export const dequantizeNode = (x: string, { scaleName, zeroName }: QuantizedValue, output: string): NodeProto =>
  makeNode('DequantizeLinear', [x, scaleName, zeroName], [output], { domain: microsoft });
