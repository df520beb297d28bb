import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../local/project-root.js';
import { checkPlan } from './check-plan.js';
import type { LoadPlan, LoadSession, RunOptions } from './load-plan.js';
import type { LoadResult } from './load-result.js';
import type { FromGenerator, ToGenerator } from './process/messages.js';

/** Beside what the plan itself takes at most: starting, sorting, a machine that is busy. */
const graceMs = 30_000;
const startMsMax = 30_000;

/** The generator in a process of its own, for one run after the other: what it costs to start is paid once. */
export class LoadProcess implements LoadSession {
  readonly #child: ChildProcess;
  #onMessage: (message: FromGenerator) => void = () => undefined;
  #onExit: (error: Error) => void = () => undefined;
  #exited: Error | undefined;

  private constructor(script: string) {
    this.#child = spawn(process.execPath, ['--enable-source-maps', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced', // bodies cross as bytes
    });
    this.#child.on('message', (message) => this.#onMessage(message as FromGenerator));
    this.#child.once('error', (error) =>
      this.#exit(new Error(`the load generator cannot be started: ${error.message}`)),
    );
    this.#child.once('exit', (code, signal) =>
      this.#exit(new Error(`the load generator ended (${signal ?? `exit status ${String(code)}`})`)),
    );
  }

  /** Resolves when it can take a plan. */
  static async start(script = join(projectRoot(), 'dist', 'load', 'main.js')): Promise<LoadProcess> {
    if (!existsSync(script)) throw new Error('the load generator is not built: run "node scripts/build.mjs" first');
    const started = new LoadProcess(script);
    await started.#until(startMsMax, (message) => (message.type === 'ready' ? true : undefined));
    return started;
  }

  /**
   * Throws a UsageError for a plan over the limits. A run that is stopped by the signal resolves with what it has,
   * `ended: 'stopped'`. One run at a time.
   */
  async run(plan: LoadPlan, { signal, onProgress }: RunOptions = {}): Promise<LoadResult> {
    checkPlan(plan);
    const stop = (): void => this.#send({ type: 'stop' });
    const longestMs = 1_000 * (plan.warmUpS + plan.seconds) + plan.timeoutMs + graceMs;
    const result = this.#until(longestMs, (message) => {
      if (message.type === 'failed') throw new Error(`the load generator failed: ${message.message}`);
      if (message.type === 'progress') onProgress?.(message.progress);
      return message.type === 'result' ? message.result : undefined;
    });
    this.#send({ type: 'run', plan });
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    try {
      return await result;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    if (this.#exited !== undefined) return;
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 2_000);
    await gone;
    clearTimeout(timer);
  }

  /** The first thing that `take` makes of a message. Past `ms` the process is killed: it must stop by itself. */
  #until<T>(ms: number, take: (message: FromGenerator) => T | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#exited !== undefined) {
        reject(this.#exited);
        return;
      }
      const timer = setTimeout(() => {
        this.#child.kill('SIGKILL');
        end(() => reject(new Error(`the load generator did not end within ${Math.round(ms)} ms`)));
      }, ms);
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#onMessage = () => undefined;
        this.#onExit = () => undefined;
        settle();
      };
      this.#onExit = (error) => end(() => reject(error));
      this.#onMessage = (message) => {
        try {
          const taken = take(message);
          if (taken !== undefined) end(() => resolve(taken));
        } catch (error) {
          end(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
    });
  }

  #send(message: ToGenerator): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #exit(error: Error): void {
    this.#exited ??= error;
    this.#onExit(error);
  }
}

/** One run in a process of its own. See `LoadProcess.run`. */
export async function runLoad(plan: LoadPlan, signal?: AbortSignal): Promise<LoadResult> {
  const session = await LoadProcess.start();
  try {
    return await session.run(plan, signal === undefined ? {} : { signal });
  } finally {
    await session.close();
  }
}
