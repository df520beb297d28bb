import { trimOldest } from '../../shared/collections/trim-oldest.js';
import type { Engine, Target } from '../../shared/engine/engine.js';
import type { Leases } from '../../shared/release/leases.js';
import type { Release, VersionRef } from '../../shared/release/release.js';
import type { Clock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import type { Log } from '../engine/log.js';
import type { VersionUse } from '../http/origin-tier.js';

/** How often the origin looks what is released. A request with a newer epoch does not wait for it. */
export const followEveryMs = 2_000;
const lookMsMax = 5_000;
const loadMsMax = 120_000;
/** What is asked for and not released (a candidate, an explicit version) stays loaded this long after its last use. */
const idleMsMax = 300_000;
/** What was released and is no longer: edges may ask for it as long as their leases last, and the next look be late. */
const replacedMsMax = 5 * followEveryMs;
/** Digests of which it is known that they were released once. */
const replacedKeptMax = 1_000;

export interface FollowerOptions {
  readonly models: () => Promise<string[]>;
  readonly leases: Leases;
  readonly targetOf: (ref: VersionRef, deadline: Deadline) => Promise<Target>;
  readonly engine: Pick<Engine, 'prefetch' | 'residency'> & { retire(keep: ReadonlySet<string>): Promise<void> };
  /** The digests that may still be asked for, after each look. */
  readonly onKeep?: (digests: ReadonlySet<string>) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Keeps loaded what is released here: the stable version and `lastGood`, so that rolling back loads nothing. Ends what
 * is neither, nor was used lately; what is fenced ends at once.
 */
export class Follower {
  readonly #options: FollowerOptions;
  /** Until when a digest that is not released stays loaded. */
  readonly #keptUntil = new Map<string, number>();
  readonly #releases = new Map<string, Release>();
  /**
   * Released digests that were loaded once: one that has gone from memory since was unloaded, by hand or to make room,
   * and is loaded again by whoever asks for it, not by a look.
   */
  readonly #loaded = new Set<string>();
  /** Digests that the last look found released. */
  #released: ReadonlySet<string> = new Set();
  /** Digests that were released at some time; the oldest are forgotten. */
  readonly #everReleased = new Map<string, true>();
  #synced = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Whether the released versions were seen at least once and those placed here could be loaded or had their try. */
  get synced(): boolean {
    return this.#synced;
  }

  /** What is released here, by model, as of the last look. */
  get releases(): ReadonlyMap<string, Release> {
    return this.#releases;
  }

  /** Loads what is released of a model, now. Rejects with what stands in the way. */
  async load(model: string, deadline: Deadline): Promise<void> {
    const { release } = await this.#options.leases.current(model, deadline);
    this.#releases.set(model, release);
    for (const ref of released(release)) {
      if (!release.fenced.includes(ref.digest)) await this.#prefetch(model, ref, deadline);
    }
  }

  /** Somebody asked for this version. Released ones stay loaded as long as they are released, and hardly longer. */
  noteUse(digest: string, { byName, released }: VersionUse): void {
    if (released) this.#noteReleased(digest);
    if (this.#released.has(digest)) return;
    const keptMs = !byName && this.#everReleased.has(digest) ? replacedMsMax : idleMsMax;
    const until = this.#options.clock.now() + keptMs;
    this.#keptUntil.set(digest, Math.max(until, this.#keptUntil.get(digest) ?? 0));
  }

  #noteReleased(digest: string): void {
    if (this.#everReleased.has(digest)) return;
    this.#everReleased.set(digest, true);
    trimOldest(this.#everReleased, replacedKeptMax);
  }

  /** One look: never rejects, what fails is logged and tried again with the next look. */
  async look(): Promise<void> {
    const { log } = this.#options;
    try {
      const models = await this.#options.models();
      await Promise.all(models.map((model) => this.#lookAt(model)));
      const keep = this.#keep();
      for (const digest of this.#loaded) if (!keep.has(digest)) this.#loaded.delete(digest);
      this.#options.onKeep?.(keep);
      await this.#options.engine.retire(keep);
      this.#synced = true;
    } catch (error) {
      log({ event: 'follow-failed', cause: error instanceof Error ? error.message : String(error) });
    }
  }

  async #lookAt(model: string): Promise<void> {
    const { leases, clock, log } = this.#options;
    try {
      const { release } = await leases.current(model, new Deadline(clock, lookMsMax));
      this.#releases.set(model, release);
      for (const ref of released(release)) await this.#load(model, ref);
    } catch (error) {
      log({ event: 'follow-failed', model, cause: error instanceof Error ? error.message : String(error) });
    }
  }

  async #load(model: string, ref: VersionRef): Promise<void> {
    if (this.#loaded.has(ref.digest) || this.#options.engine.residency(ref.digest) !== 'absent') return;
    await this.#prefetch(model, ref, new Deadline(this.#options.clock, loadMsMax));
  }

  async #prefetch(model: string, ref: VersionRef, deadline: Deadline): Promise<void> {
    const { engine, targetOf, clock, log } = this.#options;
    const target = await targetOf(ref, deadline);
    if (!target.manifest.placement.tiers.includes('origin')) return;
    const startedAt = clock.now();
    await engine.prefetch(target, deadline);
    this.#loaded.add(ref.digest);
    log({ event: 'loaded', model, version: ref.version, digest: ref.digest, ms: clock.now() - startedAt });
  }

  #keep(): ReadonlySet<string> {
    const now = this.#options.clock.now();
    const releases = [...this.#releases.values()];
    this.#released = new Set(releases.flatMap((release) => released(release).map(({ digest }) => digest)));
    const keep = new Set(this.#released);
    const fenced = new Set(releases.flatMap((release) => release.fenced));
    for (const digest of this.#released) {
      this.#noteReleased(digest);
      this.#keptUntil.delete(digest);
    }
    for (const [digest, until] of this.#keptUntil) {
      if (fenced.has(digest) || now > until) this.#keptUntil.delete(digest);
      else keep.add(digest);
    }
    return keep;
  }
}

function released(release: Release): VersionRef[] {
  const refs = [release.stable, release.lastGood].filter((ref) => ref !== null);
  return refs.filter((ref, index) => refs.findIndex((other) => other.digest === ref.digest) === index);
}
