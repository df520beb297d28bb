import { clockErrorMaxMs, type LeaseCopy, type LeaseGrant } from './release.js';

/**
 * The one rule for acting on a copy of a release (docs/release.md), for direct and shared copies, edge and origin:
 *
 *     −2E ≤ now − sentAt ≤ leaseMs − 2E        E = clockErrorMaxMs
 *
 * Why a fence of leaseMs holds: a grant of the old epoch was asked for at s, before the write at W. A check passes at v
 * only if (v − E) − (s + E) ≤ leaseMs − 2E, so v ≤ s + leaseMs < W + leaseMs.
 */
export function isUsable(copy: LeaseCopy, nowMs: number): boolean {
  const ageMs = nowMs - copy.sentAt;
  return ageMs >= -2 * clockErrorMaxMs && ageMs <= usableMs(copy);
}

/** How long after `sentAt` a copy may be acted on. */
export function usableMs(grant: LeaseGrant): number {
  return grant.leaseMs - 2 * clockErrorMaxMs;
}

/** A copy is stamped with when its question was *sent*: the answer may have been long on its way. */
export function stamp(grant: LeaseGrant, times: { sentAt: number; receivedAt: number }): LeaseCopy {
  return { ...grant, sentAt: times.sentAt };
}
