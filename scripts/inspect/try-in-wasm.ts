import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../local/project-root.js';
import { type GraphBytes, inspectMemoryBytesMax, type InspectOptions } from '../publish/throw-away-runner.js';
import { throwAwayScript } from '../publish/throw-away-script.js';

/** A graph for onnxruntime-web to load. */
export type WasmTrial = Pick<GraphBytes, 'model' | 'externalData'>;

const trialTimeoutMs = 120_000;

/**
 * Loads graphs with onnxruntime-web, optimisation off, in a process that is thrown away. Answers for each what it said of
 * it: null where it loads, undefined where it was not reached, because the process ended before or took too long.
 */
export async function tryInWasm(
  trials: readonly WasmTrial[],
  { timeoutMs = trialTimeoutMs, memoryBytesMax = inspectMemoryBytesMax, signal }: InspectOptions = {},
): Promise<readonly (string | null | undefined)[]> {
  signal?.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'brink-wasm-'));
  try {
    const jobs = await Promise.all(trials.map((trial, index) => written(trial, join(folder, String(index)))));
    const script = join(projectRoot(), 'scripts', 'inspect', 'wasm-trial.mjs');
    const input = JSON.stringify(jobs);
    const lines = await throwAwayScript({ script, cwd: folder, input, timeoutMs, memoryBytesMax, signal });
    signal?.throwIfAborted();
    const said = lines.map((line) => (JSON.parse(line) as { error: string | null }).error);
    return trials.map((_, index) => said[index]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function written({ model, externalData }: WasmTrial, prefix: string): Promise<object> {
  await writeFile(`${prefix}.onnx`, model);
  const files = Object.entries(externalData).map(async ([path, content], at) => {
    const data = `${prefix}-${at}`;
    await content.writeTo(data);
    return { path, data };
  });
  return { model: `${prefix}.onnx`, externalData: await Promise.all(files) };
}
