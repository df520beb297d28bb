import type { Tensor } from '../../shared/protocol/tensor.js';
import type { GraphBytes } from '../publish/throw-away-runner.js';

export interface LoadedInTrial {
  readonly createMs: number;
  /** The wasm heap when it has loaded. */
  readonly heapBytes: number;
}

export interface TrialRuns {
  readonly outputs: readonly Tensor[];
  /** Of the first run of this call, which is the graph's very first where nothing ran before. */
  readonly firstMs: number;
  /** Of each of the `times` runs after it; timed between the ticks of workerd's clock, which moves each millisecond. */
  readonly runMs: readonly number[];
  /** The wasm heap now: it never shrinks, so also its peak. */
  readonly heapBytes: number;
}

/**
 * One isolate of a real workerd, on this machine, with the edge's own runtime in it, where graphs are tried before they
 * are published. A graph that breaks it takes the process with it and nothing else. Errors are BrinkError with the codes
 * of the edge (`heap-exhausted`, `engine-failed`, `model-rejected-input`), onnxruntime's own words as their cause.
 */
export interface EdgeTrial {
  /** How long onnxruntime took to start. */
  readonly startMs: number;
  load(name: string, graph: GraphBytes, options: { readonly optimised: boolean }): Promise<LoadedInTrial>;
  run(name: string, inputs: readonly Tensor[], options?: { readonly times?: number }): Promise<TrialRuns>;
  release(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface EdgeTrialOptions {
  /** What the wasm heap may grow to; default: what wasm32 allows, so that peaks over the budget are seen and not only refused. */
  readonly heapBytesMax?: number;
  readonly signal?: AbortSignal | undefined;
  /** For each call; whoever takes longer ends the trial with `deadline-exceeded`. Default 120 s. */
  readonly timeoutMs?: number;
  /** A folder with the trial's `worker.js` and its wasm; default dist/edge-trial. */
  readonly bundle?: string;
}
