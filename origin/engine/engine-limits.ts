import type { BackoffLimits } from './backoff.js';

/** What bounds the origin's engine. */
export interface EngineLimits {
  /** Requests that wait for one version's runner. */
  readonly queueItemsMax: number;
  /** Runner processes; one more drains the one that was used least recently. */
  readonly runnersMax: number;
  /** From the first artifact to a version that can answer. */
  readonly loadMsMax: number;
  /** How far past its deadline a run may go on before its runner is killed: killing costs the others a load. */
  readonly overrunMsMax: number;
  /** A request waits no longer than this for a runner that keeps failing. */
  readonly backoffWaitMsMax: number;
  readonly backoff: BackoffLimits;
}

export const defaultEngineLimits: EngineLimits = {
  queueItemsMax: 256,
  runnersMax: 16,
  loadMsMax: 120_000,
  overrunMsMax: 2_000,
  backoffWaitMsMax: 1_000,
  backoff: { firstMs: 250, mostMs: 30_000 },
};
