import type { ReleaseState } from '../../shared/release/transitions.js';
import { previousVersion } from '../../shared/release/transitions.js';
import type { VersionAges } from '../../shared/release/retention.js';

/** When things happened to versions, by their names, as far as the audit goes back. */
export interface AuditTimes {
  /** Of the oldest row: what is not in the audit is at least as old. */
  readonly oldestAt: number;
  readonly publishedAt: ReadonlyMap<string, number>;
  readonly servedAt: ReadonlyMap<string, number>;
  readonly withdrawnAt: ReadonlyMap<string, number>;
}

/** The versions of a release with their ages, in the order in which they were published. */
export function versionAges({ release, ...rest }: ReleaseState, times: AuditTimes): VersionAges {
  const { versions, fenced } = release;
  /** A fence is on the artifact: it may have been withdrawn under another of its names. */
  const fencedAt = (digest: string): number | null => {
    if (!fenced.includes(digest)) return null;
    const names = versions.filter((one) => one.digest === digest).map(({ version }) => version);
    return Math.max(times.oldestAt, ...names.map((name) => times.withdrawnAt.get(name) ?? 0));
  };
  return {
    release,
    previous: previousVersion({ release, ...rest }),
    versions: versions.map(({ version, digest }) => ({
      version,
      digest,
      publishedAt: times.publishedAt.get(version) ?? times.oldestAt,
      servedAt: times.servedAt.get(version) ?? null,
      fencedAt: fencedAt(digest),
    })),
  };
}
