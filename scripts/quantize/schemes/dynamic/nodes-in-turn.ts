import type { GraphScope } from '../../graph/graph-scope.js';
import type { NodeProto } from '../../onnx/onnx-messages.js';

/** A node that takes one value, and what else it needs, to another. */
export type Step = (x: string, y: string) => NodeProto;

/** One step after another from the value `x` to the value `output`, with names of their own between them. */
export function nodesInTurn(scope: GraphScope, x: string, output: string, steps: readonly Step[]): NodeProto[] {
  let from = x;
  return steps.map((step, at) => {
    const to = at === steps.length - 1 ? output : scope.fresh(`${output}_step`);
    const node = step(from, to);
    from = to;
    return node;
  });
}
