import { refusedGraph } from './refused-graph.js';

/** What a graph may have: several times what any model has that is served. */
export const graphLimits = {
  nodes: 200_000,
  tensors: 200_000,
  values: 500_000,
  attributes: 2_000_000,
  functions: 10_000,
  opsets: 64,
  /** Entries of metadata: of the model, graphs, nodes, tensors. */
  metadata: 200_000,
  /** Bytes of names and texts together. */
  textBytes: 64 * 1024 * 1024,
} as const;
export type Counted = keyof typeof graphLimits;

/** Graphs within attributes of nodes within graphs. */
export const subgraphDepthMax = 16;
/** Functions that call functions. */
export const functionDepthMax = 64;
export const rankMax = 32;
/** Of a sparse tensor: onnxruntime makes it dense, however little it holds. */
export const denseElementsMax = 2 ** 27;
/** With all functions in the place of their calls. */
export const expandedNodesMax = 1_000_000;

/** Counts what was read, over all of the file, and refuses what is too much before it is kept. */
export class GraphBudget {
  readonly #spent = new Map<Counted, number>();

  spend(what: Counted, count = 1): void {
    const spent = (this.#spent.get(what) ?? 0) + count;
    if (spent > graphLimits[what]) throw refusedGraph(`at most ${graphLimits[what]} ${names[what]}, got more`);
    this.#spent.set(what, spent);
  }
}

const names: Readonly<Record<Counted, string>> = {
  nodes: 'nodes',
  tensors: 'tensors',
  values: 'inputs, outputs and typed values',
  attributes: 'attributes',
  functions: 'functions',
  opsets: 'operator sets',
  metadata: 'entries of metadata',
  textBytes: 'bytes of names and texts',
};
