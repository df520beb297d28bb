/** All NaN-free: a figure of nothing is null. */
export interface Percentiles {
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly p999Ms: number | null;
  readonly maxMs: number | null;
}

export interface LoadWindow {
  /** Good answers that came in this third of the measured time. */
  readonly ratePerS: number;
  /** Of the answers that came in it. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/**
 * What one run found. The five counts are of the requests sent in the measured time, and
 * sent = answered + refused + failed + wrong + timedOut, always.
 */
export interface LoadResult {
  readonly sent: number;
  /** Status ok, and right as far as it was checked. */
  readonly answered: number;
  /** 429, 503, RESOURCE_EXHAUSTED, UNAVAILABLE from the server. */
  readonly refused: number;
  /** Of the refused: without `retry-after`. */
  readonly withoutRetryAfter: number;
  /** Another status, or a connection that broke. */
  readonly failed: number;
  /** Status ok, but not the answer that was expected. */
  readonly wrong: number;
  /** No whole answer within `timeoutMs`, or when the run was stopped. */
  readonly timedOut: number;
  /** Open loop: scheduled, but no connection was free until the end. Not part of `sent`. */
  readonly unsent: number;
  /** Open loop: the share of (sent + unsent) that was sent late or not at all. 0 in a closed loop. */
  readonly lateSentShare: number;
  readonly lateAfterMs: number;
  /** How many answers of each kind: `200`, `503`, `grpc 8`, `ECONNRESET`, `wrong length`. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Good answers by who gave them: `edge v1`, from `x-brink-served-by` and `x-brink-version`; `?` where absent. */
  readonly servedBy: Readonly<Record<string, number>>;

  /** Good answers a second in the measured time, whenever they were sent. */
  readonly ratePerS: number;
  /** Those within `latencyBoundMs`. */
  readonly goodputPerS: number;
  /** Of all that were sent: answered, right, within `latencyBoundMs`. */
  readonly withinBoundShare: number;
  /** Of the answered: from being sent (closed loop) or due (open loop) to the whole answer. */
  readonly latency: Percentiles;
  readonly refusedLatency: Percentiles;
  readonly windows: readonly [LoadWindow, LoadWindow, LoadWindow];
  /**
   * The three windows agree within 10 %: in their rates; in an open loop in the share of what was due that was answered,
   * since how much was due in each is chance.
   */
  readonly steady: boolean;

  /** False when more than `lateShareMax` was sent late, nothing was sent, or the run did not come to its end. */
  readonly valid: boolean;
  readonly invalidBecause: string | null;
  readonly ended: 'done' | 'stopped' | 'requests-max';
  /** As it was measured; shorter than planned when stopped. */
  readonly seconds: number;

  /** What the generator's process used in the measured time: all threads, user and system. */
  readonly generatorCpuS: number;
  /** The same as a number of cores. */
  readonly generatorCores: number;
  readonly connections: ConnectionFigures;
}

export interface ConnectionFigures {
  /** How many were used. */
  readonly used: number;
  readonly inFlightMax: number;
  /** Requests of the whole run over the connection that had the fewest, and the most. */
  readonly requestsFewest: number;
  readonly requestsMost: number;
}
