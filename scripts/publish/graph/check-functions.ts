import { expandedNodesMax, functionDepthMax } from './graph-limits.js';
import type { OnnxFunction, OnnxModel, OnnxNode } from './onnx-model.js';
import { quotedName, refusedGraph } from './refused-graph.js';

/** Operators that onnxruntime has built in, by domain; what others name would be code from somewhere else. */
export const operatorDomains: ReadonlySet<string> = new Set([
  '',
  'ai.onnx',
  'ai.onnx.ml',
  'com.microsoft',
  'com.microsoft.nchwc',
  'com.ms.internal.nhwc',
]);

const keyOf = ({ domain, overload }: OnnxNode | OnnxFunction, name: string): string =>
  JSON.stringify([domain === 'ai.onnx' ? '' : domain, name, overload]);

/**
 * Throws PublishError `refused-graph` for a node that is neither of a known domain nor a call of one of the model's own
 * functions, for functions that call themselves, and for a model that is too large once each call has its function's
 * nodes in its place (which is what onnxruntime does with them).
 */
export function checkFunctions({ graph, functions }: OnnxModel): void {
  const known = new Map<string, OnnxFunction>();
  for (const one of functions) {
    const key = keyOf(one, one.name);
    if (known.has(key)) throw refusedGraph(`each function once, got ${quotedName(one.name)} twice`);
    known.set(key, one);
  }
  const expanded = new Expansion(known);
  expanded.nodesOf(graph.nodes);
  for (const one of functions) expanded.nodesOfFunction(one);
}

class Expansion {
  readonly #functions: ReadonlyMap<string, OnnxFunction>;
  readonly #sizes = new Map<string, bigint>();
  /** Calls that are open now, the outermost first. */
  readonly #open = new Set<string>();

  constructor(functions: ReadonlyMap<string, OnnxFunction>) {
    this.#functions = functions;
  }

  /** How many nodes these are with all functions in the place of their calls, those of graphs within them included. */
  nodesOf(nodes: readonly OnnxNode[]): bigint {
    let sum = 0n;
    for (const node of nodes) {
      sum += this.#sizeOf(node);
      for (const { graphs } of node.attributes) for (const graph of graphs) sum += this.nodesOf(graph.nodes);
      if (sum > BigInt(expandedNodesMax)) {
        throw refusedGraph(
          `at most ${expandedNodesMax} nodes once functions are in the place of their calls, got more`,
        );
      }
    }
    return sum;
  }

  /** With the graphs that its calls may leave to it. */
  nodesOfFunction({ nodes, defaults }: OnnxFunction): bigint {
    const graphs = defaults.flatMap((one) => one.graphs);
    return graphs.reduce((sum, graph) => sum + this.nodesOf(graph.nodes), this.nodesOf(nodes));
  }

  #sizeOf(node: OnnxNode): bigint {
    const key = keyOf(node, node.opType);
    const called = this.#functions.get(key);
    if (called === undefined) {
      if (operatorDomains.has(node.domain)) return 1n;
      throw refusedGraph(
        `operators of ONNX, onnxruntime or the model's own functions, got ${quotedName(node.opType)} of domain ${quotedName(node.domain)}`,
      );
    }
    const counted = this.#sizes.get(key);
    if (counted !== undefined) return counted;
    if (this.#open.has(key))
      throw refusedGraph(`functions that do not call themselves, ${quotedName(node.opType)} does`);
    if (this.#open.size === functionDepthMax) {
      throw refusedGraph(`functions that call each other at most ${functionDepthMax} deep, got more`);
    }
    this.#open.add(key);
    const size = this.nodesOfFunction(called) + 1n;
    this.#open.delete(key);
    this.#sizes.set(key, size);
    return size;
  }
}
