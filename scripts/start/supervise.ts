import type { ExitInfo } from '../local/processes.js';

/** A server process, as far as watching over it needs. */
export interface SupervisedProcess {
  readonly pid: number;
  readonly listening: Promise<string>;
  readonly exited: Promise<ExitInfo>;
  stop(): Promise<void>;
}

export interface SuperviseOptions {
  /** `the origin`, for what is said. */
  readonly name: string;
  readonly spawn: () => SupervisedProcess;
  /** Called with each new process, before it listens. */
  readonly onSpawn: (pid: number) => void;
  readonly say: (text: string) => void;
  readonly now: () => number;
  /** Resolves after `ms`, or at once when the signal fires. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const firstDelayMs = 500;
const delayMsMax = 10_000;
/** One that ran this long was healthy: its end begins a new count. */
const healthyMs = 30_000;

/** How long to wait before the next try, after so many ends in a row. */
export const restartDelayMs = (failures: number): number =>
  Math.min(delayMsMax, firstDelayMs * 2 ** Math.max(0, failures - 1));

/** Keeps a server running: when it ends by itself it is started again, later each time, and that is said. */
export class Supervisor {
  readonly #options: SuperviseOptions;
  readonly #stopping = new AbortController();
  #process: SupervisedProcess | undefined;
  #watching: Promise<void> | undefined;

  constructor(options: SuperviseOptions) {
    this.#options = options;
  }

  /** The address of the first start; rejects when that fails, and then nothing is tried again. */
  async start(): Promise<string> {
    const process = this.#spawn();
    const startedAt = this.#options.now();
    const url = await process.listening;
    this.#watching = this.#watch(process, startedAt);
    return url;
  }

  /** Ends the process and all of its group, and starts none again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#process?.stop();
    await this.#watching;
  }

  #spawn(): SupervisedProcess {
    const process = this.#options.spawn();
    this.#process = process;
    this.#options.onSpawn(process.pid);
    return process;
  }

  async #watch(first: SupervisedProcess, firstAt: number): Promise<void> {
    const { name, say, now, wait } = this.#options;
    const { signal } = this.#stopping;
    let [process, startedAt, failures] = [first, firstAt, 0];
    for (;;) {
      const { code, signal: killedBy } = await process.exited;
      if (signal.aborted) return;
      failures = now() - startedAt >= healthyMs ? 1 : failures + 1;
      const delayMs = restartDelayMs(failures);
      say(`${name} ended (${killedBy ?? `exit status ${String(code)}`}): starting it again in ${delayMs / 1_000} s`);
      await wait(delayMs, signal);
      // stop() may have come while waiting; TypeScript thinks it knows that it has not.
      if (this.#stopping.signal.aborted) return;
      process = this.#spawn();
      startedAt = now();
      process.listening.then(
        (url) => say(`${name} is back: ${url}`),
        () => undefined, // its end is told above
      );
    }
  }
}
