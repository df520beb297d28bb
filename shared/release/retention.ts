import type { Release, VersionRef } from './release.js';

/** What a version's retention depends on. Times are milliseconds since the epoch. */
export interface VersionAge extends VersionRef {
  /** At the latest: where the audit does not go back so far, this is its oldest row. */
  readonly publishedAt: number;
  /** When it was last stable; null when it never was, as far as the audit goes back. */
  readonly servedAt: number | null;
  /** When it was withdrawn last; null when it is not fenced. */
  readonly fencedAt: number | null;
}

export interface VersionAges {
  readonly release: Release;
  /** What `rollback` without a name would go to. */
  readonly previous: VersionRef | null;
  /** In the order in which they were published. */
  readonly versions: readonly VersionAge[];
}

export interface RetentionPolicy {
  /** Whatever was published, served or withdrawn within this time stays. */
  readonly keepMs: number;
  /** And so do this many of the newest versions. */
  readonly keepVersions: number;
}

export type KeptBecause = 'stable' | 'last good' | 'previous' | 'newest' | 'published' | 'served' | 'withdrawn';

export interface Retained extends VersionAge {
  /** Null: it may go. */
  readonly kept: KeptBecause | null;
}

/** What becomes of each version of a model, and why. Pure. */
export function retain(
  { release, previous, versions }: VersionAges,
  { keepMs, keepVersions }: RetentionPolicy,
  nowMs: number,
): Retained[] {
  const newest = versions.length - keepVersions;
  const isRecent = (at: number | null): boolean => at !== null && nowMs - at < keepMs;
  const because = (age: VersionAge, index: number): KeptBecause | null => {
    if (release.stable?.version === age.version) return 'stable';
    if (release.lastGood?.version === age.version) return 'last good';
    if (previous?.version === age.version) return 'previous';
    if (index >= newest) return 'newest';
    if (isRecent(age.publishedAt)) return 'published';
    if (isRecent(age.servedAt)) return 'served';
    return isRecent(age.fencedAt) ? 'withdrawn' : null;
  };
  return versions.map((age, index) => ({ ...age, kept: because(age, index) }));
}
