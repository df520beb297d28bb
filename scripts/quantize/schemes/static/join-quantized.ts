import type { GraphScope } from '../../graph/graph-scope.js';
import { microsoft } from '../../onnx/nodes.js';
import type { NodeProto } from '../../onnx/onnx-messages.js';

/**
 * Where a value is made of 8 bits and quantized again in the same way, the 8 bits are taken as they are: one quantized
 * operator feeds the next. Answers how often.
 */
export function joinQuantized(scope: GraphScope): number {
  let joined = 0;
  for (const quantize of scope.nodes.filter((node) => isMicrosoft(node, 'QuantizeLinear'))) {
    const [x = '', ...how] = quantize.input;
    const dequantize = scope.producerOf(x);
    if (dequantize === undefined || !isMicrosoft(dequantize, 'DequantizeLinear')) continue;
    const [bytes = '', ...was] = dequantize.input;
    if (!how.every((name, at) => isSame(scope, name, was[at] ?? ''))) continue;
    const [again = ''] = quantize.output;
    for (const consumer of scope.consumersOf(again)) consumer.input = consumer.input.map((name) => (name === again ? bytes : name)); // prettier-ignore
    scope.remove(quantize);
    joined += 1;
  }
  for (const dequantize of scope.nodes.filter((node) => isMicrosoft(node, 'DequantizeLinear'))) {
    const [output = ''] = dequantize.output;
    if (!scope.isUsed(output)) scope.remove(dequantize);
  }
  return joined;
}

const isMicrosoft = ({ opType, domain }: NodeProto, wanted: string): boolean =>
  opType === wanted && domain === microsoft;

/** The same bytes of the same type, whatever they are called. */
function isSame(scope: GraphScope, one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [scope.initializer(one), scope.initializer(other)];
  if (a?.rawData === undefined || b?.rawData === undefined) return false;
  return a.dataType === b.dataType && Buffer.compare(a.rawData, b.rawData) === 0;
}
