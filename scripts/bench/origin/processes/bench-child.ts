import { type ChildProcess, fork } from 'node:child_process';

/** What a child answers to the request with the same number. */
export type ChildReply =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string };

const startMsMax = 60_000;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A process of the benchmark that answers questions over its IPC channel, `answerParent` at the other end. It ends when
 * its channel closes, and so with this process, whatever ends that.
 */
export class BenchChild {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #lastId = 0;
  #gone = false;

  private constructor(script: string, args: readonly string[]) {
    this.#child = fork(script, [...args], {
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      detached: true, // Ctrl-C reaches the benchmark alone, which ends things in order
    });
    this.#child.on('message', (reply) => this.#settle(reply as ChildReply));
    this.#exited = new Promise((resolve) => {
      const gone = (why: string): void => {
        this.#gone = true;
        const error = new Error(`a process of the benchmark ended: ${why}`);
        for (const { reject } of this.#waiting.values()) reject(error);
        this.#waiting.clear();
        resolve();
      };
      this.#child.once('exit', (code, signal) => gone(signal ?? `exit status ${String(code)}`));
      this.#child.once('error', (error) => gone(error.message));
    });
  }

  /** Resolves when the child is ready for questions: number 0 is the one that it answers unasked. */
  static async start(script: string, args: readonly string[]): Promise<BenchChild> {
    const child = new BenchChild(script, args);
    const timer = setTimeout(() => child.#child.kill('SIGKILL'), startMsMax);
    try {
      await child.#answer(0);
      return child;
    } finally {
      clearTimeout(timer);
    }
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  ask<Answer>(request: object): Promise<Answer> {
    this.#lastId += 1;
    const answer = this.#answer(this.#lastId);
    if (this.#child.connected) this.#child.send({ id: this.#lastId, request });
    return answer as Promise<Answer>;
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL'); // it holds nothing but memory
    await this.#exited;
  }

  #answer(id: number): Promise<unknown> {
    if (this.#gone) return Promise.reject(new Error('a process of the benchmark has ended'));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #settle(reply: ChildReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.result);
  }
}
