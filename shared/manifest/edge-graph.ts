import type { GraphEntry } from './manifest.js';

/** A graph as the edge has it: where it was quantized, other files and other tolerances than at the origin. */
export function edgeGraphOf({ edge, ...graph }: GraphEntry): GraphEntry {
  if (edge === undefined) return graph;
  const { optimised: _, tolerances: __, ...same } = graph;
  return { ...same, ...edge };
}
