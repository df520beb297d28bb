import { elementTypes, rawBytesOf } from '../publish/graph/element-types.js';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../publish/graph/onnx-model.js';

export interface OperatorCount {
  /** '' is ONNX's own; the domain of a function is the model's own. */
  readonly domain: string;
  readonly opType: string;
  readonly count: number;
}

/** A tensor that the file holds. */
export interface WeightSummary {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly external: boolean;
}

/** What can be said of a graph without running it. */
export interface GraphSummary {
  readonly irVersion: number;
  readonly producer: string;
  /** Versions of the operator sets that its nodes use. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  /** Those within attributes and functions included. */
  readonly nodes: number;
  readonly functions: number;
  /** The most frequent first. */
  readonly operators: readonly OperatorCount[];
  /** Elements of all weights. */
  readonly parameters: number;
  readonly weightBytes: number;
  /** The largest first. */
  readonly weights: readonly WeightSummary[];
}

/** Counts what a model holds. Weights are its initializers and its constants of more than one element. */
export function summaryOf(model: OnnxModel): GraphSummary {
  const counts = new Map<string, OperatorCount>();
  const weights: WeightSummary[] = [];
  let nodes = 0;
  const addWeight = (tensor: OnnxTensor, name: string): void => void weights.push(weightOf(tensor, name));
  const addNodes = (some: readonly OnnxNode[]): void => {
    for (const node of some) {
      nodes += 1;
      const domain = node.domain === 'ai.onnx' ? '' : node.domain;
      const key = `${domain}:${node.opType}`;
      counts.set(key, { domain, opType: node.opType, count: (counts.get(key)?.count ?? 0) + 1 });
      for (const { tensors, graphs } of node.attributes) {
        for (const tensor of tensors) if (elementsOf(tensor) > 1) addWeight(tensor, node.outputs[0] ?? tensor.name);
        for (const graph of graphs) addGraph(graph);
      }
    }
  };
  const addGraph = (graph: OnnxGraph): void => {
    for (const tensor of graph.initializers) addWeight(tensor, tensor.name);
    addNodes(graph.nodes);
  };
  addGraph(model.graph);
  for (const one of model.functions) addNodes(one.nodes);
  const operators = [...counts.values()].sort((a, b) => b.count - a.count || (a.opType < b.opType ? -1 : 1));
  const used = new Set(operators.map(({ domain }) => domain));
  return {
    irVersion: model.irVersion,
    producer: model.producer,
    opsets: [...model.opsets]
      .map(([domain, version]) => ({ domain, version }))
      .filter(({ domain }) => used.has(domain)),
    nodes,
    functions: model.functions.length,
    operators,
    parameters: sum(weights.map(({ shape }) => shape.reduce((product, size) => product * size, 1))),
    weightBytes: sum(weights.map(({ bytes }) => bytes)),
    weights: weights.sort((a, b) => b.bytes - a.bytes),
  };
}

const sum = (figures: readonly number[]): number => figures.reduce((all, figure) => all + figure, 0);
const elementsOf = ({ dims }: OnnxTensor): number => Number(dims.reduce((product, size) => product * size, 1n));

function weightOf(tensor: OnnxTensor, name: string): WeightSummary {
  const { dims, dataType, external } = tensor;
  const type = elementTypes.get(dataType);
  const elements = dims.reduce((product, size) => product * size, 1n);
  const bytes = type === undefined ? 0 : Number(rawBytesOf(type, elements));
  return { name, type: type?.name ?? '?', shape: dims.map(Number), bytes, external: external !== undefined };
}
