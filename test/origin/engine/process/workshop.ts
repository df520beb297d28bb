import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunnerOptions, RunnerProcess } from '../../../../origin/engine/process/runner-process.js';
import type { RunResult } from '../../../../origin/engine/runner.js';
import { cpuOnly } from '../../../../origin/runner/session-options.js';
import { wholeTensor } from '../../../../origin/runner/whole-tensor.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';
import type { TestModel } from '../../../harness/onnx.js';
import { bundleOrigin } from '../../bundle-origin.js';

export const sessionOptions = { threads: 1, providers: cpuOnly, spinning: false };

/** Real runners, with files to load, in a directory that goes when it closes. Whoever spawns one ends it. */
export interface Workshop {
  readonly directory: string;
  readonly runnerJs: string;
  file(name: string, bytes: Uint8Array): Promise<string>;
  spawn(more?: Partial<RunnerOptions>): Promise<RunnerProcess>;
  /** Spawned, with these graphs loaded. */
  loaded(models: Record<string, TestModel>, more?: Partial<RunnerOptions>): Promise<RunnerProcess>;
  close(): Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  const bundles = await bundleOrigin();
  const directory = await mkdtemp(join(tmpdir(), 'brink-test-runner-'));
  const file = async (name: string, bytes: Uint8Array): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, bytes);
    return path;
  };
  const spawn = async (more: Partial<RunnerOptions> = {}): Promise<RunnerProcess> => {
    const scratchDir = await mkdtemp(join(directory, 'scratch-'));
    const options = { ...sessionOptions, runnerJs: bundles.runnerJs, scratchDir, ...more };
    return RunnerProcess.spawn(options, () => undefined);
  };
  return {
    directory,
    runnerJs: bundles.runnerJs,
    file,
    spawn,
    loaded: async (models, more) => {
      const graphs: Record<string, string> = {};
      for (const [name, { bytes }] of Object.entries(models)) graphs[name] = await file(`${name}.onnx`, bytes);
      const runner = await spawn(more);
      await runner.load(graphs, sessionOptions);
      return runner;
    },
    close: async () => {
      await bundles.remove();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export async function end(runner: RunnerProcess): Promise<string> {
  runner.kill();
  return runner.ended;
}

export const runWhole = (runner: RunnerProcess, graph: string, ...inputs: Tensor[]): Promise<RunResult> =>
  runner.run(graph, inputs.map(wholeTensor));
