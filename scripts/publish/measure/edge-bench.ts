import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import type { EdgeTrial, LoadedInTrial, TrialRuns } from '../../trial/edge-trial.js';
import { startEdgeTrial } from '../../trial/start-edge-trial.js';
import type { GraphToMeasure } from './measured.js';

export interface EdgeMeasureOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each load and for each run with its repeats; default 60 s. */
  readonly timeoutMs?: number;
  /** Of the trial's Worker; default dist/edge-trial. */
  readonly bundle?: string;
}

const timeoutMsDefault = 60_000;

/** What became of a step in the isolate. */
export type Tried<T> = { readonly ok: true; readonly value: T } | Failed;
export interface Failed {
  readonly ok: false;
  readonly why: 'heap' | 'time' | 'engine' | 'input';
  /** onnxruntime's own words, or ours. */
  readonly said: string;
}

/**
 * Isolates to measure in, one at a time. What leaves one in a state that would show in the next figure (a heap that has
 * grown and failed, a crash) is followed by a new one, so that the same files are measured alike on every machine.
 */
export class EdgeBench {
  readonly #heapBytesMax: number | undefined;
  readonly #options: EdgeMeasureOptions;
  #trial: EdgeTrial | undefined;

  /** `heapBytesMax` undefined: as far as wasm32 goes. */
  constructor(heapBytesMax: number | undefined, options: EdgeMeasureOptions) {
    this.#heapBytesMax = heapBytesMax;
    this.#options = options;
  }

  /** Whether the next step is the first of its isolate. */
  get isFresh(): boolean {
    return this.#trial === undefined;
  }

  /** How long onnxruntime took to start in the isolate that is there, or in a new one. */
  async startMs(): Promise<number> {
    return (await this.#current()).startMs;
  }

  async #current(): Promise<EdgeTrial> {
    const { signal, timeoutMs = timeoutMsDefault, bundle } = this.#options;
    this.#trial ??= await startEdgeTrial({
      signal,
      timeoutMs,
      ...(bundle === undefined ? {} : { bundle }),
      ...(this.#heapBytesMax === undefined ? {} : { heapBytesMax: this.#heapBytesMax }),
    });
    return this.#trial;
  }

  async load(name: string, { graph, optimised }: GraphToMeasure): Promise<Tried<LoadedInTrial>> {
    const trial = await this.#current();
    return this.#attempt(() => trial.load(name, graph, { optimised }));
  }

  async run(name: string, inputs: readonly Tensor[], times = 0): Promise<Tried<TrialRuns>> {
    const trial = await this.#current();
    return this.#attempt(() => trial.run(name, inputs, { times }));
  }

  /** The next step is in an isolate where nothing has happened yet. */
  async close(): Promise<void> {
    const trial = this.#trial;
    this.#trial = undefined;
    await trial?.close();
  }

  async #attempt<T>(work: () => Promise<T>): Promise<Tried<T>> {
    try {
      return { ok: true, value: await work() };
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!(error instanceof BrinkError)) throw error;
      const failed = failureOf(error);
      if (failed.why !== 'input') await this.close();
      return failed;
    }
  }
}

function failureOf(error: BrinkError): Failed {
  const said = typeof error.cause === 'string' ? error.cause : error.message;
  switch (error.code) {
    case 'heap-exhausted':
      return { ok: false, why: 'heap', said };
    case 'deadline-exceeded':
      return { ok: false, why: 'time', said: error.message };
    case 'model-rejected-input':
    case 'value-out-of-range':
      return { ok: false, why: 'input', said };
    default:
      return { ok: false, why: 'engine', said };
  }
}
