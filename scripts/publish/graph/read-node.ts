import { denseElementsMax, type GraphBudget, rankMax, subgraphDepthMax } from './graph-limits.js';
import { MessageFields } from './message-fields.js';
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor } from './onnx-model.js';
import { readTensor } from './read-tensor.js';
import { refusedGraph } from './refused-graph.js';

/** Attributes' integers that are kept: what is longer is data, not a setting. */
const intsKept = 64;

/** Reads a `GraphProto` that lies so many graphs deep. Given as an argument: graphs hold nodes, and nodes graphs. */
export type ReadGraph = (bytes: Uint8Array, depth: number) => OnnxGraph;

/** A `NodeProto` of a graph that lies `depth` graphs deep. */
export function readNode(bytes: Uint8Array, budget: GraphBudget, depth: number, readGraph: ReadGraph): OnnxNode {
  budget.spend('nodes');
  const fields = new MessageFields(bytes, 'NodeProto', budget);
  const [inputs, outputs, attributes]: [string[], string[], OnnxAttribute[]] = [[], [], []];
  let [name, opType, domain, overload] = ['', '', '', ''];
  while (fields.next()) {
    if (fields.field === 1) inputs.push(valueName(fields, budget));
    else if (fields.field === 2) outputs.push(valueName(fields, budget));
    else if (fields.field === 3) name = fields.once().countedText();
    else if (fields.field === 4) opType = fields.once().countedText();
    else if (fields.field === 5) attributes.push(readAttribute(fields.bytes(), budget, depth, readGraph));
    else if (fields.field === 7) domain = fields.once().countedText();
    else if (fields.field === 8) overload = fields.once().countedText();
    else if (fields.field === 9) budget.spend('metadata');
  }
  return { name, opType, domain, overload, inputs, outputs, attributes, bytes };
}

/** Of an input or output: empty ones count too. */
function valueName(fields: MessageFields, budget: GraphBudget): string {
  budget.spend('attributes');
  return fields.countedText();
}

/** An `AttributeProto` of a graph, or a function, that lies `depth` graphs deep. */
export function readAttribute(
  bytes: Uint8Array,
  budget: GraphBudget,
  depth: number,
  readGraph: ReadGraph,
): OnnxAttribute {
  budget.spend('attributes');
  const fields = new MessageFields(bytes, 'AttributeProto', budget);
  const [ints, tensors, graphs]: [(number | bigint)[], OnnxTensor[], OnnxGraph[]] = [[], [], []];
  let name = '';
  let i: number | bigint | undefined;
  let s: Uint8Array | undefined;
  const addGraph = (): void => {
    if (depth === subgraphDepthMax)
      throw refusedGraph(`graphs at most ${subgraphDepthMax} deep in each other, got more`);
    graphs.push(readGraph(fields.bytes(), depth + 1));
  };
  while (fields.next()) {
    if (fields.field === 1) name = fields.once().countedText();
    else if (fields.field === 3) i = fields.once().signed();
    else if (fields.field === 4) s = fields.once().bytes();
    else if (fields.field === 5) tensors.push(readTensor(fields.once().bytes(), budget));
    else if (fields.field === 6) {
      fields.once();
      addGraph();
    } else if (fields.field === 8) fields.integers(ints, intsKept);
    else if (fields.field === 10) tensors.push(readTensor(fields.bytes(), budget));
    else if (fields.field === 11) addGraph();
    else if (fields.field === 22) tensors.push(...readSparseTensor(fields.once().bytes(), budget));
    else if (fields.field === 23) tensors.push(...readSparseTensor(fields.bytes(), budget));
  }
  return { name, i, s: s === undefined ? undefined : Buffer.from(s).toString('latin1'), ints, tensors, graphs };
}

/** A `SparseTensorProto` as the tensors that it is made of: its values and their indices. */
export function readSparseTensor(bytes: Uint8Array, budget: GraphBudget): OnnxTensor[] {
  const fields = new MessageFields(bytes, 'SparseTensorProto', budget);
  const tensors: OnnxTensor[] = [];
  const dims: (number | bigint)[] = [];
  while (fields.next()) {
    if (fields.field === 1 || fields.field === 2) tensors.push(readTensor(fields.once().bytes(), budget));
    else if (fields.field === 3) fields.integers(dims, rankMax + 1);
  }
  const elements = dims.reduce<bigint>((product, size) => product * BigInt(size), 1n);
  if (dims.length > rankMax || dims.some((size) => size < 0) || elements > BigInt(denseElementsMax)) {
    throw refusedGraph(`sparse tensors of at most ${denseElementsMax} elements once they are dense, got more`);
  }
  return tensors;
}
