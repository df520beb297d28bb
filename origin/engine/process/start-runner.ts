import type { Clock } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';
import type { Log } from '../log.js';
import { type RunnerOptions, RunnerProcess } from './runner-process.js';
import type { Signatures } from '../../runner/messages.js';
import { cpuOnly } from '../../runner/session-options.js';

export interface StartRequest {
  /** Graph name → path of its `.onnx` file. */
  readonly graphs: Readonly<Record<string, string>>;
  readonly options: RunnerOptions;
  readonly deadline: Deadline;
  /** Aborting it ends the process, while it starts and as long as `startRunner` has not answered. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** What it has to do well before it is given out; rejects with why it is not. */
  readonly prove?: (runner: RunnerProcess) => Promise<void>;
}

export interface StartedRunner {
  readonly process: RunnerProcess;
  readonly signatures: Signatures;
}

/**
 * A new process with the graphs loaded. Errors: what onnxruntime says of a graph as BrinkError, `deadline-exceeded`,
 * RunnerDied when the process does not survive the load, and those of `prove`. No process is left then.
 */
export async function startRunner(request: StartRequest): Promise<StartedRunner> {
  const { graphs, options, deadline, signal, log, prove } = request;
  signal.throwIfAborted();
  const process = await RunnerProcess.spawn(options, log);
  const kill = (): void => process.kill();
  signal.addEventListener('abort', kill);
  try {
    signal.throwIfAborted();
    const signatures = await deadline.bound(process.load(graphs, options), 'the model was loaded');
    if (prove !== undefined) await deadline.bound(prove(process), 'the model was loaded and tried');
    return { process, signatures };
  } catch (error) {
    process.kill();
    await process.ended;
    throw error;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

/**
 * What each graph takes and gives, read by onnxruntime in a process of its own that ends afterwards: the first load of
 * a file that nobody knows. Dynamic axes are -1. Errors: `engine-failed` for a file that onnxruntime cannot load,
 * `not-supported` for types that the protocol does not have, `deadline-exceeded`, RunnerDied.
 */
export async function readSignatures(
  graphs: Readonly<Record<string, string>>,
  { runnerJs, timeoutMs, clock, log }: { runnerJs: string; timeoutMs: number; clock: Clock; log: Log },
): Promise<Signatures> {
  const options = { runnerJs, threads: 1, providers: cpuOnly, spinning: false };
  const { signal } = new AbortController();
  const deadline = new Deadline(clock, timeoutMs);
  const { process, signatures } = await startRunner({ graphs, options, deadline, signal, log });
  process.kill();
  await process.ended;
  return signatures;
}
