import { trimOldest } from '../../shared/collections/trim-oldest.js';
import type { Residency, Target } from '../../shared/engine/engine.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Deadline } from '../../shared/time/deadline.js';

/** A load that failed is not tried again for this long: the origin answers meanwhile. */
export const failedLoadMs = 5_000;
/** Digests that failed their golden and are remembered; the oldest, forgotten, would only fail it again. */
export const fencedMax = 1_024;

export interface SessionCacheOptions<V> {
  /** What all that is loaded may take together, by estimate. */
  readonly bytesMax: number;
  readonly estimateBytes: (target: Target) => number;
  readonly load: (target: Target) => Promise<V>;
  readonly release: (loaded: V) => Promise<void>;
  /** What the log says of a load beside what is said of all. */
  readonly describe?: (loaded: V) => object;
  /** A load that has not settled by then never will: its request was ended. */
  readonly loadMsMax: number;
  readonly clock: Clock;
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

type State<V> =
  | { readonly kind: 'loading'; readonly promise: Promise<V>; readonly startedAt: number }
  | { readonly kind: 'ready'; readonly loaded: V }
  | { readonly kind: 'failed'; readonly error: unknown; readonly at: number };

interface Entry<V> {
  readonly bytes: number;
  state: State<V>;
  /** Who uses it at this moment: what is in use is never let go. */
  users: number;
}

/**
 * The loaded versions of this isolate, by digest: at most `bytesMax` of them, the least recently used let go first.
 *
 * A load is shared by all who ask for it. It runs in the request of the first, under `waitUntil`, because in production
 * a caller who leaves cancels the I/O of its own request; and everyone, the first too, waits for it no longer than the
 * own deadline. workerd (from 2024-10-14 on) lets a request await a promise that another one resolves; but one whose
 * request was ended is never settled at all, so a load has a bound after which the next who asks begins anew.
 */
export class SessionCache<V> {
  readonly #options: SessionCacheOptions<V>;
  /** In order of use, the latest last. */
  readonly #entries = new Map<string, Entry<V>>();
  /**
   * By digest, why it never answers here: it failed its golden. A digest always names the same bytes, so there is
   * nothing to try again as long as this isolate lives.
   */
  readonly #fenced = new Map<string, BrinkError>();

  constructor(options: SessionCacheOptions<V>) {
    this.#options = options;
  }

  residency(digest: string): Residency {
    if (this.#fenced.has(digest)) return 'failed';
    const entry = this.#current(digest);
    return entry === undefined ? 'absent' : entry.state.kind;
  }

  /** How ready each version is that this isolate knows of, by digest; the one used last comes last. */
  residencies(): Record<string, Residency> {
    const digests = [...this.#fenced.keys(), ...this.#entries.keys()];
    return Object.fromEntries(digests.map((digest) => [digest, this.residency(digest)]));
  }

  /**
   * Runs `work` on the loaded version, loading it first if need be; it stays loaded while `work` runs. Throws what the
   * load failed with: for a short time, and `golden-failed` from then on.
   */
  async use<T>(target: Target, deadline: Deadline, work: (loaded: V) => Promise<T>): Promise<T> {
    for (;;) {
      const fenced = this.#fenced.get(target.digest);
      if (fenced !== undefined) throw fenced;
      const entry = this.#current(target.digest) ?? this.#begin(target);
      if (entry.state.kind === 'failed') throw entry.state.error;
      if (entry.state.kind === 'loading') {
        await deadline.bound(entry.state.promise, 'the edge loaded the model');
        continue; // to look again: it may have been let go since
      }
      entry.users += 1;
      this.#entries.delete(target.digest);
      this.#entries.set(target.digest, entry);
      try {
        return await work(entry.state.loaded);
      } finally {
        entry.users -= 1;
      }
    }
  }

  /** Lets go of all that nobody uses; how many that were. */
  async releaseIdle(): Promise<number> {
    return this.#letGo(() => true);
  }

  #current(digest: string): Entry<V> | undefined {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    const { state } = entry;
    const now = this.#options.clock.now();
    const over =
      (state.kind === 'failed' && now - state.at >= failedLoadMs) ||
      (state.kind === 'loading' && now - state.startedAt >= this.#options.loadMsMax);
    if (!over) return entry;
    this.#entries.delete(digest);
    return undefined;
  }

  #begin(target: Target): Entry<V> {
    const { clock, estimateBytes, waitUntil } = this.#options;
    const bytes = estimateBytes(target);
    const promise = this.#load(target, bytes);
    const entry: Entry<V> = { bytes, users: 0, state: { kind: 'loading', promise, startedAt: clock.now() } };
    this.#entries.set(target.digest, entry);
    const settled = promise.then(
      (loaded) => this.#arrived(target, entry, loaded),
      (error: unknown) => this.#failed(target, entry, error),
    );
    waitUntil(settled);
    return entry;
  }

  async #load(target: Target, bytes: number): Promise<V> {
    const { bytesMax, load } = this.#options;
    await Promise.resolve(); // the entry stands in the map before anything is let go for it
    await this.#letGo(() => this.#heldBytes() > bytesMax);
    try {
      return await load(target);
    } catch (error) {
      if (!(error instanceof BrinkError) || error.code !== 'heap-exhausted') throw error;
      const released = await this.releaseIdle();
      this.#options.log('heap-exhausted', { digest: target.digest, estimatedBytes: bytes, released });
      if (released === 0) throw error;
      return load(target);
    }
  }

  async #arrived(target: Target, entry: Entry<V>, loaded: V): Promise<void> {
    if (this.#entries.get(target.digest) !== entry) return this.#options.release(loaded); // given up meanwhile
    entry.state = { kind: 'ready', loaded };
    this.#options.log('version-loaded', {
      ...named(target),
      estimatedBytes: entry.bytes,
      heldBytes: this.#heldBytes(),
      ...this.#options.describe?.(loaded),
    });
  }

  #failed(target: Target, entry: Entry<V>, error: unknown): void {
    if (error instanceof BrinkError && error.code === 'golden-failed') {
      this.#fence(target, entry, error);
      return;
    }
    entry.state = { kind: 'failed', error, at: this.#options.clock.now() };
    for (const digest of this.#entries.keys()) this.#current(digest); // forgets failures that are over
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    this.#options.log('version-load-failed', { ...named(target), error: String(cause) });
  }

  /** Also when the load was given up meanwhile: what it found out stays true. */
  #fence(target: Target, entry: Entry<V>, error: BrinkError): void {
    this.#fenced.set(target.digest, error);
    trimOldest(this.#fenced, fencedMax);
    if (this.#entries.get(target.digest) === entry) this.#entries.delete(target.digest);
    this.#options.log('golden-failed', { ...named(target), error: error.message });
  }

  #heldBytes(): number {
    const held = [...this.#entries.values()].filter(({ state }) => state.kind !== 'failed');
    return held.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async #letGo(needed: () => boolean): Promise<number> {
    let count = 0;
    for (const [digest, { state, users }] of [...this.#entries]) {
      if (!needed()) break;
      if (state.kind !== 'ready' || users > 0) continue;
      this.#entries.delete(digest);
      await this.#options.release(state.loaded);
      this.#options.log('version-let-go', { digest });
      count += 1;
    }
    return count;
  }
}

const named = ({ digest, version, manifest }: Target): Record<string, string> => ({
  model: manifest.model,
  version,
  digest,
});
