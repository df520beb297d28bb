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

/**
 * What runs models on one tier: ORT-web in the edge's isolate, runner processes at the origin. One conformance suite
 * runs on both.
 */
export interface Engine {
  /** Runs the version's `inferGraph`. The request has been validated against its signature. All outputs come back. */
  infer(target: Target, request: InferRequest, deadline: Deadline): Promise<readonly Tensor[]>;
  /** Runs the version's handler. */
  predict(target: Target, input: HandlerInput, deadline: Deadline): Promise<Json>;
  /** Loads without running; resolves when the version can answer at once. */
  prefetch(target: Target, deadline: Deadline): Promise<void>;
  residency(digest: string): Residency;
}

/** How ready an engine is to answer for a digest. */
export type Residency = 'absent' | 'loading' | 'ready' | 'failed';
