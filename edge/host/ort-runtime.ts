import { BrinkError } from '../../shared/errors/brink-error.js';
import { ortFailure } from '../../shared/engine/ort-failure.js';
import type { Deadline } from '../../shared/time/deadline.js';
import type { RunQueue } from './run-queue.js';
import type { StartedOrt } from './ort-start.js';

export type Ort = StartedOrt['ort'];
export type OrtSession = Awaited<ReturnType<Ort['InferenceSession']['create']>>;

/** A single file of a graph's weights, under the name by which the graph asks for it. */
export interface ExternalFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/**
 * The isolate's onnxruntime: started once, one call into it at a time, every error ours. A trap leaves its heap in any
 * state at all, so after one nothing runs here any more: every call fails at once and the gateway goes to the origin.
 */
export class OrtRuntime {
  readonly #start: () => Promise<StartedOrt>;
  readonly #queue: RunQueue;
  #started: Promise<StartedOrt> | undefined;
  #heapBytes: (() => number) | undefined;
  #broken: unknown;

  constructor(start: () => Promise<StartedOrt>, queue: RunQueue) {
    this.#start = start;
    this.#queue = queue;
  }

  /** What the wasm heap has grown to; 0 before the start. */
  get heapBytes(): number {
    return this.#heapBytes?.() ?? 0;
  }

  get broken(): boolean {
    return this.#broken !== undefined;
  }

  /** Resolves when ORT has started. Throws `engine-failed` when it cannot or when it is broken. */
  async start(): Promise<Ort> {
    this.#check();
    this.#started ??= this.#startOnce();
    return (await this.#started).ort;
  }

  async createSession(
    model: Uint8Array,
    externalData: readonly ExternalFile[],
    { isOptimised, deadline }: { readonly isOptimised: boolean; readonly deadline: Deadline },
  ): Promise<OrtSession> {
    const ort = await this.start();
    return this.#call(deadline, () =>
      ort.InferenceSession.create(model, {
        executionProviders: ['wasm'],
        graphOptimizationLevel: isOptimised ? 'disabled' : 'all',
        // Neither costs time here, and without them a recogniser's longest line takes 60 MiB of heap instead of 72.
        enableCpuMemArena: false,
        enableMemPattern: false,
        logSeverityLevel: 4,
        externalData,
      }),
    );
  }

  async run(
    session: OrtSession,
    feeds: Parameters<OrtSession['run']>[0],
    deadline: Deadline,
  ): ReturnType<OrtSession['run']> {
    return this.#call(deadline, () => session.run(feeds, { logSeverityLevel: 4 }));
  }

  /** Frees a session's part of the heap. Never throws: what cannot be freed is lost until the isolate ends. */
  async release(session: OrtSession): Promise<void> {
    if (this.broken) return;
    try {
      await session.release();
    } catch (error) {
      this.#note(error);
    }
  }

  async #call<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    return this.#queue.run(deadline, async () => {
      this.#check();
      try {
        return await work();
      } catch (error) {
        this.#note(error);
        throw ortFailure(error);
      }
    });
  }

  async #startOnce(): Promise<StartedOrt> {
    try {
      const started = await this.#start();
      this.#heapBytes = () => started.heapBytes();
      return started;
    } catch (error) {
      this.#started = undefined;
      throw new BrinkError('engine-failed', 'the model engine of the edge did not start', { cause: error });
    }
  }

  #check(): void {
    if (!this.broken) return;
    throw new BrinkError('engine-failed', 'the model engine of this isolate has crashed', { cause: this.#broken });
  }

  #note(error: unknown): void {
    if (isTrap(error)) this.#broken = error;
  }
}

/** A wasm trap or abort, or a stack that overflowed inside the wasm; `bad_alloc` comes as a status and is neither. */
export function isTrap(error: unknown): boolean {
  if (!(error instanceof Error)) return typeof error === 'number'; // a C++ exception that nothing caught
  return error.name === 'RuntimeError' || (error instanceof RangeError && error.message.includes('call stack'));
}
