import { FieldWriter } from '../../shared/protobuf/field-writer.js';
import type { Datatype } from '../../shared/protocol/datatype.js';
import type { OnnxModel } from '../publish/graph/onnx-model.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from '../publish/throw-away-runner.js';
import { tensorValues } from './value-shapes.js';

/** A session has no more outputs than the protocol has. */
const valuesAtOnce = 200;

/** `TensorProto.DataType` of the datatypes of the protocol. */
const numberOf: Readonly<Record<Datatype, number>> = {
  FP32: 1, UINT8: 2, INT8: 3, UINT16: 4, INT16: 5, INT32: 6, INT64: 7, BYTES: 8, BOOL: 9, FP16: 10, FP64: 11,
  UINT32: 12, UINT64: 13,
}; // prettier-ignore

/**
 * The element types of all values of a graph, as numbers of onnx.proto: told by the file, or inferred by onnxruntime
 * when it loads the graph with them as outputs. What it cannot load so stays unknown.
 */
export async function valueTypes(
  graph: GraphBytes,
  model: OnnxModel,
  options: InspectOptions,
): Promise<ReadonlyMap<string, number>> {
  const { inputs, outputs, values, initializers } = model.graph;
  const types = new Map<string, number>(initializers.map(({ name, dataType }) => [name, dataType]));
  for (const { name, elementType } of [...inputs, ...outputs, ...values]) {
    if (elementType !== undefined) types.set(name, elementType);
  }
  const missing = tensorValues(model).filter((name) => !types.has(name));
  for (let at = 0; at < missing.length; at += valuesAtOnce) {
    const names = missing.slice(at, at + valuesAtOnce);
    const traced = { ...graph, model: withOutputs(graph.model, names) };
    const signature = await throwAwayRunner('main', traced, options, ({ signature: read }) => Promise.resolve(read)).catch(() => undefined); // prettier-ignore
    for (const { name, datatype } of signature?.outputs ?? []) types.set(name, numberOf[datatype]);
  }
  return types;
}

/** Outputs without a type: onnxruntime infers it. */
function withOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const graph = new FieldWriter();
  for (const name of names) graph.message(12, new FieldWriter().text(1, name));
  return Buffer.concat([model, new FieldWriter().message(7, graph).finish()]);
}
