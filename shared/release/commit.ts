import { BrinkError } from '../errors/brink-error.js';
import type { Deadline } from '../time/deadline.js';
import type { Leases, Standing } from './leases.js';
import { pickVersion } from './pick.js';
import type { Release, VersionRef } from './release.js';

export interface UnderLease {
  readonly leases: Pick<Leases, 'current' | 'renew' | 'permits'>;
  readonly model: string;
  /** An explicit version from the path. */
  readonly version: string | undefined;
  readonly deadline: Deadline;
  /** The newest epoch that the caller has seen: a copy that is older is not acted on without asking. */
  readonly seenEpoch?: number;
  /** One I/O turn: in a Worker the clock stands still while it computes, and only I/O moves it. */
  readonly turn: () => Promise<void>;
}

export interface Committed<T> {
  readonly value: T;
  readonly ref: VersionRef;
  readonly epoch: number;
}

/** How often an answer may be thrown away before the request is given up. */
export const replansMax = 4;

/**
 * Makes an answer and commits it (docs/release.md): the lease is checked when the version is picked, and again as
 * the last step before the answer is handed over. An answer that may no longer be given is thrown away and made again
 * on a fresh release, within the deadline. `work` must return the encoded body, so that nothing slow comes after.
 */
export async function underLease<T>(
  options: UnderLease,
  work: (ref: VersionRef, epoch: number, release: Release) => Promise<T>,
): Promise<Committed<T>> {
  for (let plan = 0; plan <= replansMax; plan += 1) {
    const { ref, standing } = await pickUnderLease(options);
    const done = await unlessReleaseChanged(options, () => work(ref, standing.release.epoch, standing.release));
    if (done !== undefined && (await mayCommit(options, ref))) {
      return { value: done.value, ref, epoch: standing.release.epoch };
    }
    options.deadline.check('the release changed and the request was planned again');
  }
  throw new BrinkError('lease-expired', `no lease outlived a run, ${replansMax + 1} times in a row`, {
    retryAfterMs: 1_000,
  });
}

/**
 * Runs the work; undefined when it throws `lease-expired`, which says that somebody with a newer release (the origin)
 * refuses to run this version. Then ours is out of date, whatever its age.
 */
async function unlessReleaseChanged<T>(
  { leases, model, deadline }: UnderLease,
  work: () => Promise<T>,
): Promise<{ value: T } | undefined> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof BrinkError) || error.code !== 'lease-expired') throw error;
    await leases.renew(model, deadline, 0);
    return undefined;
  }
}

/** The first check. A version that this copy of the release does not know may have been published since: ask once. */
export async function pickUnderLease(
  options: Omit<UnderLease, 'turn'>,
): Promise<{ ref: VersionRef; standing: Standing }> {
  const { leases, model, version, deadline } = options;
  const standing = await leases.current(model, deadline, options.seenEpoch);
  try {
    return { ref: pickVersion(model, standing, version), standing };
  } catch (error) {
    if (!(error instanceof BrinkError) || !mayBeNews.has(error.code)) throw error;
    const renewed = await leases.renew(model, deadline);
    return { ref: pickVersion(model, renewed, version), standing: renewed };
  }
}

const mayBeNews: ReadonlySet<string> = new Set(['unknown-version', 'not-released']);

/** Nothing that waits may come between a `true` of this and the hand-over. */
async function mayCommit({ leases, model, deadline, turn }: UnderLease, ref: VersionRef): Promise<boolean> {
  await turn();
  if (leases.permits(model, ref.digest)) return true;
  // The copy may only have grown old during a long run: ask, and look again.
  await leases.current(model, deadline);
  return leases.permits(model, ref.digest);
}
