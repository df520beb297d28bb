import type { BackoffLimits } from './backoff.js';

/** What bounds the origin's engine. */
export interface EngineLimits {
  /** Runner processes; one more drains the one that was used least recently. */
  readonly runnersMax: number;
  /** From the first artifact to a version that can answer. */
  readonly loadMsMax: number;
  /** How far past its deadline a run may go on before its runner is killed: killing costs the others a load. */
  readonly overrunMsMax: number;
  /** A request waits no longer than this for a runner that keeps failing. */
  readonly backoffWaitMsMax: number;
  readonly backoff: BackoffLimits;
  /** How long a runner that does nothing may take to answer a heartbeat. */
  readonly heartbeatMsMax: number;
  readonly heartbeatEveryMs: number;
  /** A second runner, started for a backlog, stays so long after its last run. */
  readonly idleInstanceMsMax: number;
  /** Resident memory of all runners; beyond it, versions that nobody uses are ended. */
  readonly memoryBytesMax: number;
}

export const defaultEngineLimits: EngineLimits = {
  runnersMax: 16,
  loadMsMax: 120_000,
  overrunMsMax: 2_000,
  backoffWaitMsMax: 1_000,
  backoff: { firstMs: 250, mostMs: 30_000 },
  heartbeatMsMax: 5_000,
  heartbeatEveryMs: 5_000,
  idleInstanceMsMax: 60_000,
  memoryBytesMax: Infinity,
};
