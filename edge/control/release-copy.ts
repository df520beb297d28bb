import type { Release } from '../../shared/release/release.js';
import { releaseKey } from '../artifact-keys.js';
import { within } from '../within.js';
import type { ReleaseStore } from './release-store.js';

/** How long R2 may take to store a copy before it counts as failed (fails open: the alarm tries again). */
export const copyMsMax = 5_000;

/**
 * Keeps `releases/<model>.json` in R2 at the release as stored: for isolates that know nothing while the control plane
 * cannot be asked. Never ahead of the storage, and never replaced by an older one.
 */
export class ReleaseCopy {
  readonly #bucket: R2Bucket;
  readonly #store: ReleaseStore;
  #running: Promise<void> | undefined;

  constructor(bucket: R2Bucket, store: ReleaseStore) {
    this.#bucket = bucket;
    this.#store = store;
  }

  get behind(): boolean {
    const state = this.#store.state();
    return state !== null && this.#store.copiedEpoch() < state.release.epoch;
  }

  /** Resolves when the copy is that of the storage; rejects when R2 fails or takes too long. */
  async catchUp(): Promise<void> {
    this.#running ??= this.#copyAll();
    await this.#running;
  }

  async #copyAll(): Promise<void> {
    try {
      for (let state = this.#store.state(); state !== null && this.behind; state = this.#store.state()) {
        await within(copyMsMax, this.#copy(state.release));
        this.#store.setCopiedEpoch(state.release.epoch);
      }
    } finally {
      this.#running = undefined;
    }
  }

  /** Conditional on what is there: a write that was given up may still arrive, after a later one. */
  async #copy(release: Release): Promise<void> {
    const key = releaseKey(release.model);
    const present = await this.#bucket.head(key);
    if (Number(present?.customMetadata?.['epoch'] ?? -1) >= release.epoch) return;
    const stored = await this.#bucket.put(key, JSON.stringify(release), {
      onlyIf: present === null ? { etagDoesNotMatch: '*' } : { etagMatches: present.etag },
      httpMetadata: { contentType: 'application/json' },
      customMetadata: { epoch: String(release.epoch) },
    });
    if (stored === null) throw new Error(`another write of ${key} came between`);
  }
}
