import { FieldWriter } from '../../shared/protobuf/field-writer.js';
import { operatorDomains } from '../publish/graph/check-functions.js';
import type { OnnxModel, OnnxNode } from '../publish/graph/onnx-model.js';
import type { GraphBytes, InspectOptions } from '../publish/throw-away-runner.js';
import { tryInWasm } from './try-in-wasm.js';
import { valueTypes } from './value-types.js';

/** Whether onnxruntime-web's wasm can run a graph, found by loading it there. */
export type WasmVerdict =
  | { readonly loads: true }
  | {
      readonly loads: false;
      /** What onnxruntime-web said. */
      readonly reason: string;
      /** Operators without a kernel for the types that they are used with. */
      readonly missing: readonly string[];
    };

/** What onnxruntime says of a node that no kernel takes, or of an operator that it does not have. */
const noKernel =
  /Could not find an implementation for|No Op registered for|NOT_IMPLEMENTED|is not a registered function\/op/;
const preface = /^Can't create a session\. ERROR_CODE: \d+, ERROR_MESSAGE: /;

/** Loads the whole graph; where that fails, each kind of node by itself, to tell all that is missing and not the first. */
export async function wasmKernels(graph: GraphBytes, model: OnnxModel, options: InspectOptions): Promise<WasmVerdict> {
  const [whole] = await tryInWasm([graph], options);
  if (whole === null) return { loads: true };
  const reason = (whole ?? 'it ended, or took too long').replace(preface, '');
  const trials = noKernel.test(reason) ? nodeTrials(model, await valueTypes(graph, model, options)) : [];
  const said = await tryInWasm(trials.map(({ bytes }) => ({ model: bytes, externalData: {} })), options); // prettier-ignore
  const missing = trials.filter((_, at) => noKernel.test(said[at] ?? '')).map(({ name }) => name);
  return { loads: false, reason, missing: [...new Set(missing)].sort() };
}

interface NodeTrial {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A model of one node for each operator and types of inputs that the graph has. */
function nodeTrials(model: OnnxModel, types: ReadonlyMap<string, number>): NodeTrial[] {
  const kinds = new Map<string, NodeTrial>();
  for (const node of model.graph.nodes) {
    const inputs = node.inputs.filter((name) => name !== '');
    const known = inputs.map((name) => types.get(name));
    const key = [node.domain, node.opType, ...known].join(' ');
    if (kinds.has(key) || known.includes(undefined) || !operatorDomains.has(node.domain)) continue;
    kinds.set(key, { name: node.opType, bytes: modelOf(node, inputs, types, model) });
  }
  return [...kinds.values()];
}

function modelOf(
  { bytes, outputs }: OnnxNode,
  inputs: readonly string[],
  types: ReadonlyMap<string, number>,
  { irVersion, opsets }: OnnxModel,
): Uint8Array {
  const graph = new FieldWriter().bytes(1, bytes).text(2, 'one node');
  for (const name of new Set(inputs)) {
    const type = new FieldWriter().message(1, new FieldWriter().unsigned(1, types.get(name) ?? 0));
    graph.message(11, new FieldWriter().text(1, name).message(2, type));
  }
  for (const name of outputs) if (name !== '') graph.message(12, new FieldWriter().text(1, name));
  const model = new FieldWriter().unsigned(1, irVersion).message(7, graph);
  for (const [domain, version] of opsets) model.message(8, new FieldWriter().text(1, domain).unsigned(2, version));
  return model.finish();
}
