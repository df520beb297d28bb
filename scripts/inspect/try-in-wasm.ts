import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../local/project-root.js';

/** A graph for onnxruntime-web to load. */
export interface WasmTrial {
  readonly model: Uint8Array;
  readonly externalData: Readonly<Record<string, Uint8Array>>;
}

export interface WasmTrialOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const trialTimeoutMs = 120_000;
const outputBytesMax = 4 * 1024 * 1024;

/**
 * Loads graphs with onnxruntime-web, optimisation off, in a process that is thrown away. Answers for each what it said of
 * it: null where it loads, undefined where it was not reached, because the process ended before or took too long.
 */
export async function tryInWasm(
  trials: readonly WasmTrial[],
  { timeoutMs = trialTimeoutMs, signal }: WasmTrialOptions = {},
): Promise<readonly (string | null | undefined)[]> {
  signal?.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'brink-wasm-'));
  try {
    const jobs = await Promise.all(trials.map((trial, index) => written(trial, join(folder, String(index)))));
    const lines = await output(JSON.stringify(jobs), timeoutMs, signal);
    signal?.throwIfAborted();
    return trials.map((_, index) => lines[index]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function written({ model, externalData }: WasmTrial, prefix: string): Promise<object> {
  await writeFile(`${prefix}.onnx`, model);
  const files = Object.entries(externalData).map(async ([path, bytes], at) => {
    const data = `${prefix}-${at}`;
    await writeFile(data, bytes);
    return { path, data };
  });
  return { model: `${prefix}.onnx`, externalData: await Promise.all(files) };
}

/** What the process wrote until it ended, or was ended. It gets nothing of this one's environment but its own needs. */
function output(jobs: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<(string | null)[]> {
  const script = join(projectRoot(), 'scripts', 'inspect', 'wasm-trial.mjs');
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'ignore'], env: {} });
  const kill = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(kill, timeoutMs);
  signal?.addEventListener('abort', kill);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length > outputBytesMax) kill();
  });
  child.stdin.on('error', () => undefined); // it has ended: what it wrote says how far it came
  child.stdin.end(jobs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      const lines = text.split('\n').slice(0, -1);
      resolve(lines.map((line) => (JSON.parse(line) as { error: string | null }).error));
    });
  });
}
