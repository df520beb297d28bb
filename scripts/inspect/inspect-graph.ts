import { compareAxis } from './compare-axis.js';
import type { BatchAxisVerdict } from '../../origin/engine/batch/batch-axis.js';
import type { Signature, Tensor } from '../../shared/protocol/tensor.js';
import type { OnnxModel } from '../publish/graph/onnx-model.js';
import { passGate } from '../publish/pass-gate.js';
import { PublishError } from '../publish/publish-error.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from '../publish/throw-away-runner.js';
import { estimateFlops, type FlopsEstimate } from './estimate-flops.js';
import { type GraphSummary, summaryOf } from './graph-summary.js';
import { inputsOf, type InputShapes } from './input-shapes.js';
import { valueShapes } from './value-shapes.js';
import { type WasmVerdict, wasmKernels } from './wasm-kernels.js';

/** What publishing and its author want to know of a graph, and what it was found with. */
export interface GraphInspection {
  readonly graph: string;
  readonly file: string;
  readonly fileBytes: number;
  readonly externalBytes: number;
  readonly signature: Signature;
  readonly summary: GraphSummary;
  /** Of the inputs that the graph was run with: open axes are 1, unless they were given. */
  readonly ranWith: Readonly<Record<string, readonly number[]>>;
  /** Found by running one row alone and among others; `impossible`: an input or output has no open first axis. */
  readonly batchAxis: BatchAxisVerdict | 'impossible' | 'failed';
  readonly wasm: WasmVerdict;
  /** `failed`: why the graph does not run with these inputs. */
  readonly flops: FlopsEstimate | { readonly failed: string };
}

export type InspectStage = 'load' | 'batch' | 'wasm' | 'flops';

export interface InspectGraphOptions extends InspectOptions {
  readonly shapes: InputShapes;
  readonly onStage?: (stage: InspectStage) => void;
}

/** Looks at one graph from all sides. Throws PublishError for one that the gate refuses or onnxruntime cannot load. */
export async function inspectGraph(
  name: string,
  graph: GraphBytes,
  { shapes, onStage = () => undefined, ...options }: InspectGraphOptions,
): Promise<GraphInspection> {
  const external = Object.entries(graph.externalData);
  const model = passGate(name, graph);
  onStage('load');
  const signature = await throwAwayRunner(name, graph, options, ({ signature: read }) => Promise.resolve(read));
  const inputs = inputsOf(signature, shapes);
  onStage('batch');
  const batchAxis = await compareAxis(name, graph, shapes, options);
  onStage('wasm');
  const wasm = await wasmKernels(graph, model, options);
  onStage('flops');
  return {
    graph: name,
    file: graph.file,
    fileBytes: graph.model.byteLength,
    externalBytes: external.reduce((sum, [, { byteLength }]) => sum + byteLength, 0),
    signature,
    summary: summaryOf(model),
    ranWith: Object.fromEntries(inputs.map(({ name: input, shape }) => [input, shape])),
    batchAxis,
    wasm,
    flops: await flopsOf(name, graph, model, inputs, options),
  };
}

async function flopsOf(
  name: string,
  graph: GraphBytes,
  model: OnnxModel,
  inputs: readonly Tensor[],
  options: InspectOptions,
): Promise<GraphInspection['flops']> {
  try {
    const given = inputs.map((input) => [input.name, input.shape] as const);
    const shapes = await valueShapes(name, graph, { model, inputs }, options);
    return estimateFlops(model, new Map([...given, ...shapes]));
  } catch (error) {
    if (!(error instanceof PublishError)) throw error;
    return { failed: error.message };
  }
}
