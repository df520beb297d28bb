import type { HandlerInput, Json } from '../handler/handler.js';
import type { Manifest } from '../manifest/manifest.js';
import type { InferRequest } from '../protocol/infer.js';
import type { Tensor } from '../protocol/tensor.js';
import type { Deadline } from '../time/deadline.js';

/** Which artifact to run: everything an engine needs to load it, by digest. */
export interface Target {
  readonly version: string;
  readonly digest: string;
  readonly manifest: Manifest;
}

/** Who waits for a run: what a queue needs to know beside the deadline. */
export interface Caller {
  /** V2 `priority`: 1 is the highest; 0, the default, is the lowest that is configured. */
  readonly priority: number;
  /** Aborts when nobody waits for the answer any more: what has not begun by then never begins. */
  readonly signal?: AbortSignal;
  /** Hears of each run that was made for it, in milliseconds: in the queue, handed over, run, handed back. */
  readonly noteRun?: (times: {
    readonly queueMs: number;
    readonly inputMs: number;
    readonly inferMs: number;
    readonly outputMs: number;
  }) => void;
  /**
   * Present: the outputs may lie in memory that is used again after `giveBack`. To be called when nothing reads them any
   * more; never, if that cannot be told.
   */
  readonly lendOutputs?: (giveBack: () => void) => void;
}

/**
 * What runs models on one tier: ORT-web in the edge's isolate, runner processes at the origin. One conformance suite
 * runs on both.
 */
export interface Engine {
  /** Runs the version's `inferGraph`. The request has been validated against its signature. All outputs come back. */
  infer(target: Target, request: InferRequest, deadline: Deadline, caller?: Caller): Promise<readonly Tensor[]>;
  /** Runs the version's handler. */
  predict(target: Target, input: HandlerInput, deadline: Deadline, caller?: Caller): Promise<Json>;
  /** Loads without running; resolves when the version can answer at once. */
  prefetch(target: Target, deadline: Deadline): Promise<void>;
  residency(digest: string): Residency;
}

/** How ready an engine is to answer for a digest. */
export type Residency = 'absent' | 'loading' | 'ready' | 'failed';
