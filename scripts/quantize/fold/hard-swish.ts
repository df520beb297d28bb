import type { GraphScope } from '../graph/graph-scope.js';
import { floatAttribute, makeNode } from '../onnx/nodes.js';
import { clipBounds } from '../operators/clip-bounds.js';
import type { NodeProto } from '../onnx/onnx-messages.js';
import { withScalar } from './with-scalar.js';

/**
 * x · clip(x + 3, 0, 6) / 6, written out as exporters before opset 14 do (Add, Clip, Mul, Div) → HardSigmoid with alpha
 * 1/6 and beta 1/2, and Mul: two nodes for four.
 */
export function foldHardSwish(scope: GraphScope): number {
  let count = 0;
  for (const clip of [...scope.nodes]) {
    const found = clip.opType === 'Clip' ? hardSwishAt(scope, clip) : undefined;
    if (found === undefined) continue;
    const { add, mul, div, x } = found;
    const attribute = [floatAttribute('alpha', 1 / 6), floatAttribute('beta', 0.5)];
    const [gate = ''] = clip.output;
    scope.replace(add, [makeNode('HardSigmoid', [x], [gate], { attribute })]);
    scope.remove(clip);
    scope.replace(mul, [makeNode('Mul', [x, gate], div.output)]);
    scope.remove(div);
    count += 1;
  }
  return count;
}

function hardSwishAt(
  scope: GraphScope,
  clip: NodeProto,
): { add: NodeProto; mul: NodeProto; div: NodeProto; x: string } | undefined {
  // prettier-ignore
  const { min, max } = clipBounds(scope, clip);
  const [shifted = '', ,] = clip.input;
  const add = scope.producerOf(shifted);
  if (min !== 0 || max !== 6 || add?.opType !== 'Add' || scope.onlyConsumer(shifted) !== clip) return undefined;
  const sum = withScalar(scope, add);
  const [gate = ''] = clip.output;
  const mul = scope.onlyConsumer(gate);
  if (sum?.scalar !== 3 || mul?.opType !== 'Mul' || !mul.input.includes(sum.x)) return undefined;
  const [product = ''] = mul.output;
  const div = scope.onlyConsumer(product);
  if (div?.opType !== 'Div' || div.input[0] !== product || scope.scalar(div.input[1]) !== 6) return undefined;
  return { add, mul, div, x: sum.x };
}
