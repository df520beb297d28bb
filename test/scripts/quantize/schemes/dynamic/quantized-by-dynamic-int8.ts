import { passGate } from '../../../../../scripts/publish/pass-gate.js';
import type { GraphBytes } from '../../../../../scripts/publish/throw-away-runner.js';
import { EditableModel } from '../../../../../scripts/quantize/graph/editable-model.js';
import { decodeModel, encodeModel } from '../../../../../scripts/quantize/onnx/onnx-codec.js';
import type { AttributeProto } from '../../../../../scripts/quantize/onnx/onnx-messages.js';
import { microsoft } from '../../../../../scripts/quantize/onnx/nodes.js';
import { findOperators } from '../../../../../scripts/quantize/operators/find-operators.js';
import { dynamicInt8 } from '../../../../../scripts/quantize/schemes/dynamic/dynamic-int8.js';
import { runInWasm } from '../../../../harness/run-in-wasm.js';

export interface ByDynamicInt8 {
  readonly graph: GraphBytes;
  /** Types of the nodes that it has now. */
  readonly nodes: readonly string[];
  /** What each operator was answered, in the order of the nodes. */
  readonly answers: readonly (true | string)[];
}

/** Every operator that the scheme takes; checks that a graph is as it was where it takes none. */
export async function byDynamicInt8(source: GraphBytes): Promise<ByDynamicInt8> {
  const model = await EditableModel.open(source);
  const before = encodeModel(model.proto);
  const answers = findOperators(model).map((operator) => dynamicInt8(model, operator, { ranges: new Map() }));
  if (!answers.includes(true) && Buffer.compare(before, encodeModel(model.proto)) !== 0) throw new Error('a refused model was changed'); // prettier-ignore
  const nodes = model.main.nodes.map(({ opType }) => opType);
  const graph = model.finish(null);
  passGate('main', graph);
  return { graph, nodes, answers };
}

/** The same graph with its nodes of one type in com.microsoft, with further attributes. */
export function asMicrosoft(source: GraphBytes, opType: string, attributes: readonly AttributeProto[]): GraphBytes {
  const proto = decodeModel(source.model);
  for (const node of proto.graph.node.filter((one) => one.opType === opType)) {
    node.domain = microsoft;
    node.attribute.push(...attributes);
  }
  proto.opsetImport.push({ domain: microsoft, version: 1 });
  return { ...source, model: encodeModel(proto) };
}

export async function answerOf(graph: GraphBytes, shape: readonly number[], data: Float32Array): Promise<Float32Array> {
  return (await runInWasm(graph, { x: { shape, data } }))['y'] ?? new Float32Array();
}

export const furthest = (one: ArrayLike<number>, other: ArrayLike<number>): number =>
  one.length === other.length ? Math.max(0, ...Array.from(one, (value, at) => Math.abs(value - other[at]!))) : Infinity;
