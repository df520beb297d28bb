import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunnerOptions } from '../../origin/engine/process/runner-process.js';
import { startRunner } from '../../origin/engine/process/start-runner.js';
import type { Runner } from '../../origin/engine/runner.js';
import { cpuOnly } from '../../origin/runner/session-options.js';
import type { Signature } from '../../shared/protocol/tensor.js';
import { systemClock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import { projectRoot } from '../local/project-root.js';
import type { Content } from './content/content.js';
import type { WorkFolder } from './content/work-folder.js';
import { graphFile, ortReason } from './ort-reason.js';
import { graphSize } from './graph-size.js';
import { processLimits } from './process-limits.js';
import { PublishError } from './publish-error.js';

/** A graph as published: its own bytes, and its external weights by the names that it names them with. */
export interface GraphBytes {
  /** What its author calls the file: `a.onnx`, for messages. */
  readonly file: string;
  readonly model: Uint8Array;
  readonly externalData: Readonly<Record<string, Content>>;
}

export interface InspectOptions {
  /** Default: by the size of the graph, as is the memory. */
  readonly timeoutMs?: number;
  readonly memoryBytesMax?: number;
  readonly signal?: AbortSignal | undefined;
  /** The bundled runner. */
  readonly runnerJs?: string;
  /** For large files that are made of the graph; default: folders that are there until this program ends. */
  readonly work?: WorkFolder | undefined;
}

/** A graph that is loaded, in a process of its own. */
export interface LoadedGraph {
  readonly runner: Pick<Runner, 'run'>;
  readonly signature: Signature;
  readonly deadline: Deadline;
}

/**
 * Loads a graph with onnxruntime in a runner process that is thrown away after `work`: a hostile or broken graph ends
 * there, and what it does is told as PublishError `unreadable-graph`. The graph lies alone with its declared files in a
 * new folder, so what it would read besides is missing here as it would be missing when served.
 */
export async function throwAwayRunner<T>(
  name: string,
  graph: GraphBytes,
  options: InspectOptions,
  work: (loaded: LoadedGraph) => Promise<T>,
): Promise<T> {
  const signal = options.signal ?? new AbortController().signal;
  const limits = processLimits(graphSize(graph));
  const folder = await mkdtemp(join(tmpdir(), 'brink-inspect-'));
  const runnerOptions: RunnerOptions = {
    runnerJs: options.runnerJs ?? join(projectRoot(), 'dist', 'origin', 'runner.js'),
    threads: 1,
    providers: cpuOnly,
    spinning: false,
    scratchDir: folder,
    memoryBytesMax: options.memoryBytesMax ?? limits.memoryBytesMax,
  };
  let does = 'be loaded';
  try {
    const path = join(folder, graphFile);
    await writeFile(path, graph.model);
    for (const [file, content] of Object.entries(graph.externalData)) await content.writeTo(join(folder, file));
    const deadline = new Deadline(systemClock, options.timeoutMs ?? limits.timeoutMs);
    const request = { graphs: { [name]: path }, options: runnerOptions, deadline, signal, log: () => undefined };
    const { process, signatures } = await startRunner(request);
    const kill = (): void => process.kill();
    signal.addEventListener('abort', kill);
    try {
      const signature = signatures[name];
      if (signature === undefined) throw new Error('no signature came back');
      does = 'run';
      return await work({ runner: process, signature, deadline });
    } finally {
      signal.removeEventListener('abort', kill);
      process.kill();
      await process.ended;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PublishError) throw error;
    const reason = ortReason(error, { folder, graph: graph.file });
    throw new PublishError('unreadable-graph', `graph "${name}" (${graph.file}) cannot ${does}: ${reason}`, {
      cause: error,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
