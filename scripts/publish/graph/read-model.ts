import { BrinkError } from '../../../shared/errors/brink-error.js';
import { GraphBudget } from './graph-limits.js';
import { MessageFields } from './message-fields.js';
import type {
  OnnxAttribute,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValue,
} from './onnx-model.js';
import { readAttribute, readNode, readSparseTensor } from './read-node.js';
import { readTensor } from './read-tensor.js';
import { readValue } from './read-value.js';
import { quotedName, refusedGraph } from './refused-graph.js';

/**
 * Reads the bytes of a `.onnx` file (a `ModelProto`) without running any of it, in memory of the order of its names.
 * Throws PublishError `refused-graph` for what is no model, for more of anything than `graphLimits` has, and for fields
 * that parsers would not agree on.
 */
export function readModel(bytes: Uint8Array): OnnxModel {
  try {
    return modelOf(bytes);
  } catch (error) {
    if (error instanceof BrinkError) throw refusedGraph(`a file in the ONNX format: ${error.message}`);
    throw error;
  }
}

function modelOf(bytes: Uint8Array): OnnxModel {
  const budget = new GraphBudget();
  const fields = new MessageFields(bytes, 'ModelProto', budget);
  const opsets = new Map<string, number>();
  const functions: OnnxFunction[] = [];
  let [irVersion, producer, producerVersion] = [0, '', ''];
  let graph: OnnxGraph | undefined;
  while (fields.next()) {
    if (fields.field === 1) irVersion = fields.once().small();
    else if (fields.field === 2) producer = fields.once().countedText();
    else if (fields.field === 3) producerVersion = fields.once().countedText();
    else if (fields.field === 7) graph = readGraph(fields.once().bytes(), budget, 0);
    else if (fields.field === 8) addOpset(opsets, fields.bytes(), budget);
    else if (fields.field === 14) budget.spend('metadata');
    else if (fields.field === 20) throw refusedGraph('a model to be run, got one with instructions to train it');
    else if (fields.field === 25) functions.push(readFunction(fields.bytes(), budget));
  }
  if (graph === undefined || irVersion === 0) {
    throw refusedGraph('a file in the ONNX format: a model with an IR version and a graph, got something else');
  }
  return { irVersion, producer: `${producer} ${producerVersion}`.trim(), opsets, graph, functions };
}

function readGraph(bytes: Uint8Array, budget: GraphBudget, depth: number): OnnxGraph {
  const fields = new MessageFields(bytes, 'GraphProto', budget);
  const [nodes, initializers]: [OnnxNode[], OnnxTensor[]] = [[], []];
  const [inputs, outputs, values]: [OnnxValue[], OnnxValue[], OnnxValue[]] = [[], [], []];
  const inner = (graph: Uint8Array, innerDepth: number): OnnxGraph => readGraph(graph, budget, innerDepth);
  while (fields.next()) {
    if (fields.field === 1) nodes.push(readNode(fields.bytes(), budget, depth, inner));
    else if (fields.field === 5) initializers.push(readTensor(fields.bytes(), budget));
    else if (fields.field === 11) inputs.push(readValue(fields.bytes(), budget));
    else if (fields.field === 12) outputs.push(readValue(fields.bytes(), budget));
    else if (fields.field === 13) values.push(readValue(fields.bytes(), budget));
    else if (fields.field === 15) initializers.push(...readSparseTensor(fields.bytes(), budget));
    else if (fields.field === 16) budget.spend('metadata');
  }
  return { nodes, initializers, inputs, outputs, values };
}

function readFunction(bytes: Uint8Array, budget: GraphBudget): OnnxFunction {
  budget.spend('functions');
  const fields = new MessageFields(bytes, 'FunctionProto', budget);
  const [nodes, defaults]: [OnnxNode[], OnnxAttribute[]] = [[], []];
  let [name, domain, overload] = ['', '', ''];
  const inner = (graph: Uint8Array, depth: number): OnnxGraph => readGraph(graph, budget, depth);
  while (fields.next()) {
    if (fields.field === 1) name = fields.once().countedText();
    else if (fields.field === 7) nodes.push(readNode(fields.bytes(), budget, 0, inner));
    else if (fields.field === 11) defaults.push(readAttribute(fields.bytes(), budget, 0, inner));
    else if (fields.field === 10) domain = fields.once().countedText();
    else if (fields.field === 13) overload = fields.once().countedText();
    else if (fields.field === 14) budget.spend('metadata');
  }
  return { domain, name, overload, defaults, nodes };
}

/** An `OperatorSetIdProto`. */
function addOpset(opsets: Map<string, number>, bytes: Uint8Array, budget: GraphBudget): void {
  budget.spend('opsets');
  const fields = new MessageFields(bytes, 'OperatorSetIdProto', budget);
  let [domain, version] = ['', 0];
  while (fields.next()) {
    if (fields.field === 1) domain = fields.once().countedText();
    else if (fields.field === 2) version = fields.once().small();
  }
  const known = domain === 'ai.onnx' ? '' : domain;
  // Some exporters list one twice.
  if ((opsets.get(known) ?? version) !== version) {
    throw refusedGraph(`one version of each operator set, got two of ${quotedName(known)}`);
  }
  opsets.set(known, version);
}
