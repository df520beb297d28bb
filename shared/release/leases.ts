import { BrinkError } from '../errors/brink-error.js';
import type { Clock, Random } from '../time/clock.js';
import { Deadline } from '../time/deadline.js';
import { isUsable, stamp, usableMs } from './lease-rule.js';
import { NegativeCache } from './negative-cache.js';
import type { LeaseCopy, LeaseGrant, Release } from './release.js';

/** Where leases come from and where their copies may be shared. None but `ask` is needed for correctness. */
export interface LeaseSources {
  /** Asks the control plane. Rejects with `unknown-model` when it has no such model; any other rejection means that it could not be reached. */
  ask(model: string, signal: AbortSignal): Promise<LeaseGrant>;
  /** A copy that another isolate of the data centre left (the Cache API). */
  shared(model: string): Promise<LeaseCopy | undefined>;
  share(model: string, copy: LeaseCopy): Promise<void>;
  /** The release as last written down, for one who knows nothing and cannot ask (R2, or the origin's disk). */
  lastResort(model: string): Promise<Release | undefined>;
}

/** What a request may act on: a leased release, or, cut off from the control plane, its `lastGood` alone. */
export interface Standing {
  readonly kind: 'leased' | 'static';
  readonly release: Release;
}

export interface LeasesOptions {
  readonly sources: LeaseSources;
  readonly clock: Clock;
  readonly random: Random;
  /** Keeps background work alive (`waitUntil`). */
  readonly background: (work: Promise<unknown>) => void;
}

/** How long the control plane may take to answer before it counts as out of reach. */
export const askMsMax = 1_000;
/** The shared copy is a convenience. */
const sharedMsMax = 250;
/** A whole refresh: the shared copy, the question, and the release as written down. */
export const refreshMsMax = 2_500;
/** After it could not be reached it is not asked again for this long (jittered), and then in the background. */
export const askAgainMs = 500;
export const renewAfterMs = 250;
/** How often one request asks when answers come too late to be acted on. */
const asksMax = 3;
const unknownModelMs = 1_000;
const unknownModelsMax = 1_000;

interface Entry {
  copy?: LeaseCopy;
  /** Set while the control plane is out of reach: not before then is it asked again. */
  askAgainAt?: number;
  /** What is known without a lease, while it is out of reach. */
  fallback?: Release;
  refresh?: Promise<void>;
  refreshBegunAt: number;
  refreshAt: number;
}

/**
 * The copies of releases that this isolate or process holds. Module state on the edge: one entry per model that exists,
 * because names that do not exist never get one.
 */
export class Leases {
  readonly #entries = new Map<string, Entry>();
  readonly #unknown: NegativeCache;
  readonly #options: LeasesOptions;

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.#unknown = new NegativeCache(options.clock, unknownModelMs, unknownModelsMax);
  }

  /**
   * The first check: what `model` may be served from now. Refreshes in the background from about half of the usable
   * time, and in the foreground when nothing usable is held or the caller has seen a newer epoch. Throws
   * `unknown-model`, or `control-unreachable` when nothing is known and nobody answers.
   */
  async current(model: string, deadline: Deadline, seenEpoch = 0): Promise<Standing> {
    const held = this.#standing(model);
    if (held !== undefined && (held.kind === 'static' || held.release.epoch >= seenEpoch)) {
      if (this.#dueForRefresh(model)) this.#options.background(this.#refresh(model).catch(() => undefined));
      return held;
    }
    if (this.#unknown.has(model)) throw unknownModel(model);
    for (let asked = 0; asked < asksMax; asked += 1) {
      await this.#refreshed(model, deadline);
      const fresh = this.#standing(model);
      if (fresh !== undefined) return fresh;
    }
    // Every answer was so long on its way that it was of no use: as good as none.
    return this.#withoutLease(model, undefined);
  }

  /**
   * The second check, as the last step before an answer is handed over: whether an answer of this digest may be given
   * at this moment. Memory only, synchronous.
   */
  permits(model: string, digest: string): boolean {
    const standing = this.#standing(model);
    if (standing === undefined) return false;
    const { kind, release } = standing;
    if (release.fenced.includes(digest)) return false;
    return kind === 'static' ? release.lastGood?.digest === digest : release.versions.some((v) => v.digest === digest);
  }

  /**
   * Asks anew, for a caller who names a version that this copy does not know: it may have been published since. Bounded:
   * a copy younger than `olderThanMs` is as good as a new one. 0 is for one who knows that the release has changed.
   */
  async renew(model: string, deadline: Deadline, olderThanMs = renewAfterMs): Promise<Standing> {
    const entry = this.#entries.get(model);
    const isYoung = entry?.copy !== undefined && this.#options.clock.now() - entry.copy.sentAt < olderThanMs;
    if (!isYoung) await this.#refreshed(model, deadline, olderThanMs);
    return this.current(model, deadline);
  }

  /** An epoch seen on an answer of somebody else: a newer one than ours ends our copy. */
  noteEpoch(model: string, epoch: number): void {
    const entry = this.#entries.get(model);
    if (entry?.copy !== undefined && epoch > entry.copy.release.epoch) entry.refreshAt = 0;
  }

  /** Models for which something is held. */
  models(): string[] {
    return [...this.#entries.keys()];
  }

  #standing(model: string): Standing | undefined {
    const entry = this.#entries.get(model);
    if (entry === undefined) return undefined;
    if (entry.copy !== undefined && isUsable(entry.copy, this.#options.clock.now())) {
      return { kind: 'leased', release: entry.copy.release };
    }
    if (entry.askAgainAt === undefined) return undefined;
    const known = entry.copy?.release ?? entry.fallback;
    return known === undefined ? undefined : { kind: 'static', release: known };
  }

  #dueForRefresh(model: string): boolean {
    const entry = this.#entries.get(model);
    if (entry === undefined || entry.refresh !== undefined) return false;
    return this.#options.clock.now() >= (entry.askAgainAt ?? entry.refreshAt);
  }

  /** Waits for a refresh, of whoever began it, and no longer than one may take. */
  async #refreshed(model: string, deadline: Deadline, sharedAgeMsMax?: number): Promise<void> {
    try {
      await deadline.bound(this.#refresh(model, sharedAgeMsMax), 'the release was asked for', refreshMsMax);
    } catch (error) {
      if (deadline.passed || !(error instanceof BrinkError) || error.code !== 'deadline-exceeded') throw error;
      await this.#withoutLease(model, error);
    }
  }

  /** What may be served without a lease: throws `control-unreachable` when nothing is known. */
  async #withoutLease(model: string, cause: unknown): Promise<Standing> {
    const held = this.#standing(model);
    if (held !== undefined) return held; // somebody else was luckier
    await this.#outOfReach(model, this.#entry(model), cause);
    const standing = this.#standing(model);
    if (standing === undefined) throw unreachable(model, cause);
    return standing;
  }

  #entry(model: string): Entry {
    const known = this.#entries.get(model);
    if (known !== undefined) return known;
    const entry = { refreshAt: 0, refreshBegunAt: 0 };
    this.#entries.set(model, entry);
    return entry;
  }

  /**
   * One refresh per model at a time; it never leaves the entry worse than it was. One that takes longer than it may is
   * taken for dead, and another begun: the request that it belonged to may have been cancelled under it.
   */
  #refresh(model: string, sharedAgeMsMax = Infinity): Promise<void> {
    const entry = this.#entry(model);
    const begunAt = this.#options.clock.now();
    if (entry.refresh !== undefined && begunAt - entry.refreshBegunAt <= refreshMsMax) return entry.refresh;
    const refresh = this.#fetch(model, entry, sharedAgeMsMax).finally(() => {
      if (entry.refresh === refresh) delete entry.refresh;
    });
    entry.refresh = refresh;
    entry.refreshBegunAt = begunAt;
    this.#options.background(refresh.catch(() => undefined)); // outlives the caller who began it
    return refresh;
  }

  async #fetch(model: string, entry: Entry, sharedAgeMsMax: number): Promise<void> {
    const { sources, clock } = this.#options;
    const sharing = new Deadline(clock, sharedMsMax).bound(sources.shared(model), 'a shared copy was looked for');
    const shared = await sharing.catch(() => undefined);
    if (shared !== undefined && this.#isFresher(entry, shared, sharedAgeMsMax)) {
      this.#adopt(entry, shared);
      return;
    }
    const sentAt = clock.now();
    try {
      const grant = await sources.ask(model, AbortSignal.timeout(askMsMax));
      const copy = stamp(grant, { sentAt, receivedAt: clock.now() });
      this.#adopt(entry, copy);
      this.#options.background(sources.share(model, copy).catch(() => undefined)); // nobody waits for it
    } catch (error) {
      await this.#outOfReach(model, entry, error);
    }
  }

  /** A shared copy is worth taking when it has most of its time left and does not go back. */
  #isFresher(entry: Entry, shared: LeaseCopy, ageMsMax: number): boolean {
    const now = this.#options.clock.now();
    const young = isUsable(shared, now) && now - shared.sentAt < Math.min(ageMsMax, usableMs(shared) / 2);
    return young && shared.sentAt > (entry.copy?.sentAt ?? -Infinity) && !this.#goesBack(entry, shared);
  }

  #goesBack(entry: Entry, copy: LeaseCopy): boolean {
    return copy.release.epoch < (entry.copy?.release.epoch ?? entry.fallback?.epoch ?? 0);
  }

  #adopt(entry: Entry, copy: LeaseCopy): void {
    delete entry.askAgainAt;
    if (this.#goesBack(entry, copy)) return; // an older epoch never replaces a newer one
    delete entry.fallback;
    entry.copy = copy;
    entry.refreshAt = copy.sentAt + usableMs(copy) * (0.5 + 0.25 * this.#options.random());
  }

  /** Static stability: go on with what is known, and ask again later. */
  async #outOfReach(model: string, entry: Entry, error: unknown): Promise<void> {
    if (error instanceof BrinkError && error.code === 'unknown-model') {
      this.#entries.delete(model);
      this.#unknown.add(model);
      throw unknownModel(model); // not the source's own words: they differ between the edge and the origin
    }
    if (entry.copy === undefined && entry.fallback === undefined) {
      const known = await this.#options.sources.lastResort(model).catch(() => undefined);
      if (known === undefined) {
        this.#entries.delete(model);
        throw unreachable(model, error);
      }
      entry.fallback = known;
    }
    entry.askAgainAt = this.#options.clock.now() + askAgainMs * (0.75 + 0.5 * this.#options.random());
  }
}

function unreachable(model: string, cause: unknown): BrinkError {
  const text = `the control plane did not answer for model '${model}'`;
  return new BrinkError('control-unreachable', text, { cause, retryAfterMs: askAgainMs });
}

export function unknownModel(model: string): BrinkError {
  return new BrinkError('unknown-model', `no model '${model}' is published here`);
}
