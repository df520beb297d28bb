import * as ort from 'onnxruntime-web/wasm';
import type { GraphBytes } from '../../scripts/publish/throw-away-runner.js';

ort.env.logLevel = 'fatal';
ort.env.wasm.numThreads = 1;

/** A float input: its shape and elements. */
export interface FloatInput {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What onnxruntime-web answers, in this process, one thread, nothing optimised: as the edge runs what is published. Float inputs and outputs. */
export async function runInWasm(
  graph: GraphBytes,
  inputs: Readonly<Record<string, FloatInput>>,
): Promise<Readonly<Record<string, Float32Array>>> {
  const externalData = await Promise.all(Object.entries(graph.externalData).map(async ([path, content]) => ({ path, data: await content.bytes() }))); // prettier-ignore
  const session = await ort.InferenceSession.create(graph.model, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
    externalData,
  });
  try {
    const feeds = Object.entries(inputs).map(([name, { shape, data }]) => [name, new ort.Tensor('float32', data, shape)] as const); // prettier-ignore
    const outputs = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]));
  } finally {
    await session.release();
  }
}
