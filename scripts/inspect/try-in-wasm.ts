import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../local/project-root.js';
import { graphSize } from '../publish/graph-size.js';
import { processLimits } from '../publish/process-limits.js';
import type { GraphBytes, InspectOptions } from '../publish/throw-away-runner.js';
import { throwAwayScript } from '../publish/throw-away-script.js';

/** A graph for onnxruntime-web to load. */
export type WasmTrial = Pick<GraphBytes, 'model' | 'externalData'>;

const startMs = 60_000;
/** wasm32 addresses 4 GiB, with onnxruntime and what it computes beside the weights; JavaScript hands them over in one array each. */
export const wasmBytesMax = 2 ** 31 - 1;

/**
 * Loads graphs with onnxruntime-web, optimisation off, in a process that is thrown away. Answers for each what it said of
 * it: null where it loads, undefined where it was not reached, because the process ended before or took too long.
 */
export async function tryInWasm(
  trials: readonly WasmTrial[],
  { timeoutMs, memoryBytesMax, signal }: InspectOptions = {},
): Promise<readonly (string | null | undefined)[]> {
  signal?.throwIfAborted();
  const tried = trials.filter((trial) => tooLarge(trial) === null);
  const limits = processLimits(tried.reduce((sum, trial) => sum + graphSize(trial), 0));
  const folder = await mkdtemp(join(tmpdir(), 'brink-wasm-'));
  try {
    const jobs = await Promise.all(tried.map((trial, index) => written(trial, join(folder, String(index)))));
    const script = join(projectRoot(), 'scripts', 'inspect', 'wasm-trial.mjs');
    const input = JSON.stringify(jobs);
    const lines = await throwAwayScript({
      script,
      cwd: folder,
      input,
      timeoutMs: timeoutMs ?? startMs + limits.timeoutMs,
      memoryBytesMax: memoryBytesMax ?? limits.memoryBytesMax,
      signal,
    });
    signal?.throwIfAborted();
    const said = lines.map((line) => (JSON.parse(line) as { error: string | null }).error);
    const saidOf = new Map(tried.map((trial, index) => [trial, said[index]]));
    return trials.map((trial) => tooLarge(trial) ?? saidOf.get(trial));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tooLarge(trial: WasmTrial): string | null {
  const bytes = graphSize(trial);
  if (bytes <= wasmBytesMax) return null;
  return `it was not tried: its ${bytes} bytes are more than wasm32 can hold (${wasmBytesMax})`;
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
