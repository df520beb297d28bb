import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunnerOptions } from '../../origin/engine/process/runner-process.js';
import { startRunner } from '../../origin/engine/process/start-runner.js';
import { cpuOnly } from '../../origin/runner/session-options.js';
import type { Signature } from '../../shared/protocol/tensor.js';
import { systemClock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import { projectRoot } from '../local/project-root.js';
import { firstRun } from './first-run.js';
import { graphFile, ortReason } from './ort-reason.js';
import { PublishError } from './publish-error.js';

/** A graph as published: its own bytes, and its external weights by the names that it names them with. */
export interface GraphBytes {
  /** What its author calls the file: `a.onnx`, for messages. */
  readonly file: string;
  readonly model: Uint8Array;
  readonly externalData: Readonly<Record<string, Uint8Array>>;
}

export const inspectTimeoutMs = 60_000;
/** Resident memory of the process that loads it: a graph of a hundred bytes may ask for more than there is. */
export const inspectMemoryBytesMax = 4 * 1024 ** 3;

export interface InspectOptions {
  readonly timeoutMs?: number;
  readonly memoryBytesMax?: number;
  readonly signal?: AbortSignal | undefined;
  /** The bundled runner. */
  readonly runnerJs?: string;
}

/**
 * What a graph takes and gives, asked of onnxruntime in a runner process that is thrown away, where it is also run once: a
 * hostile or broken graph ends there. The graph lies alone with its declared files in a new folder, so what it would read besides is missing
 * here as it would be missing when served.
 */
export async function readSignature(name: string, graph: GraphBytes, options: InspectOptions = {}): Promise<Signature> {
  const signal = options.signal ?? new AbortController().signal;
  const folder = await mkdtemp(join(tmpdir(), 'brink-inspect-'));
  const runnerOptions: RunnerOptions = {
    runnerJs: options.runnerJs ?? join(projectRoot(), 'dist', 'origin', 'runner.js'),
    threads: 1,
    providers: cpuOnly,
    spinning: false,
    scratchDir: folder,
    memoryBytesMax: options.memoryBytesMax ?? inspectMemoryBytesMax,
  };
  let does = 'be loaded';
  try {
    const path = join(folder, graphFile);
    await writeFile(path, graph.model);
    for (const [file, bytes] of Object.entries(graph.externalData)) await writeFile(join(folder, file), bytes);
    const deadline = new Deadline(systemClock, options.timeoutMs ?? inspectTimeoutMs);
    const request = { graphs: { [name]: path }, options: runnerOptions, deadline, signal, log: () => undefined };
    const { process, signatures } = await startRunner(request);
    try {
      const signature = signatures[name];
      if (signature === undefined) throw new Error('no signature came back');
      does = 'run';
      await firstRun(process, name, signature, deadline);
      return signature;
    } finally {
      process.kill();
      await process.ended;
    }
  } catch (error) {
    signal.throwIfAborted();
    const reason = ortReason(error, { folder, graph: graph.file });
    throw new PublishError('unreadable-graph', `graph "${name}" (${graph.file}) cannot ${does}: ${reason}`, {
      cause: error,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
