import type { LoadBody } from '../load-plan.js';

export type Verdict = 'answered' | 'refused' | 'failed' | 'wrong' | 'timedOut';

/** How one request ended. */
export interface Outcome {
  readonly verdict: Verdict;
  /** `200`, `503`, `grpc 8`, `ECONNRESET`, `wrong length` */
  readonly kind: string;
  /** `edge v1`; of an answered one. */
  readonly servedBy?: string;
  /** Of a refused one. */
  readonly hasRetryAfter?: boolean;
}

/** One connection, one request at a time. */
export interface LoadConnection {
  /** `settle` is called exactly once, when the connection can take the next request. */
  send(body: LoadBody, settle: (outcome: Outcome) => void): void;
  /** Cuts off what it is busy with, which settles as timed out. */
  expire(): void;
  close(): void;
}

export const timedOut: Outcome = { verdict: 'timedOut', kind: 'timed out' };
