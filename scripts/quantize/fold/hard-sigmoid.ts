import type { GraphScope } from '../graph/graph-scope.js';
import { floatAttribute, isOnnx, makeNode } from '../onnx/nodes.js';
import { clipBounds } from '../operators/clip-bounds.js';
import type { NodeProto } from '../onnx/onnx-messages.js';
import { affineOf, scalarOf } from './affine.js';

/** clip(x + 3, 0, 6) with nobody looking at the sum, and its nodes. */
export interface ClippedSum {
  readonly x: string;
  readonly add: NodeProto;
  readonly clip: NodeProto;
}

/** clip(x + 3, 0, 6) / 6, written out → HardSigmoid: one node for three. */
export function foldHardSigmoid(scope: GraphScope): number {
  let count = 0;
  for (const node of [...scope.nodes]) {
    const found = clippedSumAt(scope, node);
    const sixth = found === undefined ? undefined : scope.onlyConsumer(node.output[0] ?? '');
    if (found === undefined || sixth === undefined || !isSixth(scope, sixth)) continue;
    scope.replace(found.add, [hardSigmoid(found.x, sixth.output[0] ?? '')]);
    for (const gone of [node, sixth]) scope.remove(gone);
    count += 1;
  }
  return count;
}

export function clippedSumAt(scope: GraphScope, clip: NodeProto): ClippedSum | undefined {
  if (clip.opType !== 'Clip' || !isOnnx(clip)) return undefined;
  const { min, max } = clipBounds(scope, clip);
  const [shifted = ''] = clip.input;
  const add = scope.producerOf(shifted);
  if (min !== 0 || max !== 6 || add === undefined || scope.onlyConsumer(shifted) !== clip) return undefined;
  const sum = affineOf(scope, add);
  const scalar = sum === undefined ? undefined : scalarOf(sum);
  return sum === undefined || scalar?.factor !== 1 || scalar.offset !== 3 ? undefined : { x: sum.x, add, clip };
}

/** x / 6, or x · 1/6 as a 32-bit float has it. */
export function isSixth(scope: GraphScope, node: NodeProto): boolean {
  const affine = affineOf(scope, node);
  const scalar = affine === undefined ? undefined : scalarOf(affine);
  return scalar?.offset === 0 && Math.abs(scalar.factor * 6 - 1) < 1e-6;
}

/** max(0, min(1, x / 6 + 1/2)) = clip(x + 3, 0, 6) / 6. */
export const hardSigmoid = (x: string, output: string): NodeProto =>
  makeNode('HardSigmoid', [x], [output], {
    attribute: [floatAttribute('alpha', 1 / 6), floatAttribute('beta', 0.5)],
  });
