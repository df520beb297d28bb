import type { Failure } from '../../shared/errors/brink-error.js';

/** What the trial's Worker is asked, as the query `ask` of a POST; the body has the bytes. */
export interface LoadAsked {
  readonly name: string;
  readonly optimised: boolean;
  readonly timeoutMs: number;
  /** What the body consists of, one after the other: the graph, then its external weights. */
  readonly modelBytes: number;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

export interface RunAsked {
  readonly name: string;
  readonly times: number;
  readonly timeoutMs: number;
}

export interface ReleaseAsked {
  readonly name: string;
}

/** Figures of a run, in this header: its body has the outputs. */
export const figuresHeader = 'x-trial-figures';

/** The body of an answer that is not 200. */
export interface TrialFailure {
  readonly failure: Failure;
  /** onnxruntime's own words. */
  readonly cause: string | null;
}

/** How often one call may run a graph. */
export const timesMax = 1_000;
