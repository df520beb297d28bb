import type { GraphScope } from '../graph/graph-scope.js';
import { isOnnx, makeNode } from '../onnx/nodes.js';
import { clippedSumAt, hardSigmoid, isSixth } from './hard-sigmoid.js';

/**
 * x · clip(x + 3, 0, 6) / 6, written out as exporters before opset 14 do (Add, Clip, Mul, Div) → HardSigmoid and Mul: two
 * nodes for four.
 */
export function foldHardSwish(scope: GraphScope): number {
  let count = 0;
  for (const clip of [...scope.nodes]) {
    const found = clippedSumAt(scope, clip);
    const [gate = ''] = clip.output;
    const mul = found === undefined ? undefined : scope.onlyConsumer(gate);
    if (found === undefined || mul?.opType !== 'Mul' || !isOnnx(mul) || !mul.input.includes(found.x)) continue;
    const sixth = scope.onlyConsumer(mul.output[0] ?? '');
    if (sixth === undefined || !isSixth(scope, sixth)) continue;
    scope.replace(found.add, [hardSigmoid(found.x, gate)]);
    scope.replace(mul, [makeNode('Mul', [found.x, gate], sixth.output)]);
    for (const gone of [clip, sixth]) scope.remove(gone);
    count += 1;
  }
  return count;
}
