import { availableParallelism } from 'node:os';
import type { Provider, SessionOptions } from '../../../origin/runner/session-options.js';

/** How every contestant runs a model: so many processes, each with a session of so many threads. */
export interface ServingSetup {
  readonly instances: number;
  readonly threads: number;
  /** onnxruntime's names, the preferred one first. */
  readonly providers: readonly string[];
}

/** On a CPU a single-thread process for each core; on a GPU one process. */
export function servingSetup(providers: readonly string[], instances?: number, threads?: number): ServingSetup {
  const isCpu = providers.every((name) => name === 'cpu');
  return { instances: instances ?? (isCpu ? availableParallelism() : 1), threads: threads ?? 1, providers };
}

/**
 * The session options of a contestant with so many processes: one process alone has all threads, and they spin, as is
 * onnxruntime's default; several never do, for what spins takes the others' cores. The origin does the same.
 */
export function sessionOptionsOf(setup: ServingSetup, processes: number): SessionOptions {
  const threads = processes === 1 ? setup.instances * setup.threads : setup.threads;
  return {
    threads,
    providers: setup.providers.map((name): Provider => ({ name, options: {} })),
    ...(setup.providers.includes('cuda') || setup.providers.includes('tensorrt') ? { deviceId: 0 } : {}),
    spinning: processes === 1 && threads > 1,
  };
}
