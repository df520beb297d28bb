import type { Definition } from '../../../models/define.js';
import type { Tolerance } from '../../../shared/golden/tolerance.js';
import type { Signature } from '../../../shared/protocol/tensor.js';
import { wasmKernels } from '../../inspect/wasm-kernels.js';
import { checkSignature } from '../check-signature.js';
import { compileGraph, type CompileOptions } from '../compile-graph.js';
import type { Artifact } from '../optimise/choose-artifact.js';
import { passGate } from '../pass-gate.js';
import type { WasmRefusal } from '../place/decide-placement.js';
import type { PrepareOptions } from '../prepare-version.js';
import type { CompiledReport, GraphSize } from '../report/publish-report.js';
import type { GraphBytes, InspectOptions } from '../throw-away-runner.js';

/** A graph between what its author has and what is stored of it. */
export interface CompiledGraph {
  readonly name: string;
  readonly source: GraphBytes;
  readonly artifact: Artifact;
  /** What the edge gets in its place, where that was quantized, and what it is held to. */
  readonly edge?: { readonly artifact: Artifact; readonly tolerances: Readonly<Record<string, Tolerance>> };
  /** As it is served: the definition's where it has one. */
  readonly signature: Signature;
  /** Where it is wished at the edge and onnxruntime-web does not take it. */
  readonly wasmRefusal: WasmRefusal | null;
}

/** Every graph of a definition, past the gate, run once and optimised, one after the other. */
export async function compileStage(
  definition: Definition,
  graphs: Readonly<Record<string, GraphBytes>>,
  options: PrepareOptions & InspectOptions,
): Promise<CompiledGraph[]> {
  const compiled: CompiledGraph[] = [];
  for (const [name, source] of Object.entries(graphs))
    compiled.push(await compileOne(name, source, definition, options));
  return compiled;
}

async function compileOne(
  name: string,
  source: GraphBytes,
  definition: Definition,
  options: PrepareOptions & InspectOptions,
): Promise<CompiledGraph> {
  const forEdge = definition.placement.tiers.includes('edge');
  const declared = definition.graphs[name];
  const compileOptions: CompileOptions = {
    ...options,
    optimise: options.optimise !== false && declared?.optimise !== false,
    forEdge,
    onStage: (stage) => options.onEvent?.({ stage, model: definition.name, graph: name }),
  };
  const compiled = await compileGraph(name, source, compileOptions);
  const { signature } = compiled;
  if (declared?.signature !== undefined) checkSignature(name, declared.signature, signature);
  // What was optimised for the edge has been loaded in onnxruntime-web.
  const isUnknown = forEdge && !compiled.artifact.optimised && options.trials !== false;
  const wasmRefusal = isUnknown ? await refusalOf(name, source, options) : null;
  // It is the origin's alone, which need not have it as the edge would.
  const again = wasmRefusal !== null && compileOptions.optimise;
  const { artifact } = again ? await compileGraph(name, source, { ...compileOptions, forEdge: false }) : compiled;
  return {
    name,
    source,
    artifact: (await options.transform?.(name, artifact)) ?? artifact,
    signature: declared?.signature ?? signature,
    wasmRefusal,
  };
}

async function refusalOf(name: string, source: GraphBytes, options: InspectOptions): Promise<WasmRefusal | null> {
  const verdict = await wasmKernels(source, passGate(name, source), options);
  return verdict.loads ? null : { graph: name, reason: verdict.reason, missing: verdict.missing };
}

export function compiledReportOf({ source, artifact, edge }: CompiledGraph): CompiledReport {
  const quantized = edge && { scheme: edge.artifact.why, size: sizeOf(edge.artifact.graph) };
  return {
    file: source.file,
    before: sizeOf(source),
    optimised: artifact.optimised,
    why: artifact.why,
    ...(quantized === undefined ? {} : { quantized }),
  };
}

const sizeOf = ({ model, externalData }: GraphBytes): GraphSize => ({
  graphBytes: model.byteLength,
  weightsBytes: Object.values(externalData).reduce((sum, { byteLength }) => sum + byteLength, 0),
});
