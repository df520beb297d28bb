import type { GraphScope } from '../graph/graph-scope.js';

/** Nodes whose outputs nobody takes, from the last to the first, so that what fed only them goes too. Those with branches stay. */
export function removeDeadNodes(scope: GraphScope): number {
  let count = 0;
  for (const node of scope.nodes.toReversed()) {
    const hasBranches = node.attribute.some(({ g, graphs }) => (g ?? undefined) !== undefined || (graphs ?? []).length > 0); // prettier-ignore
    if (hasBranches || node.output.some((name) => name !== '' && scope.isUsed(name))) continue;
    scope.remove(node);
    count += 1;
  }
  return count;
}
