import { graceMs } from '../../shared/release/release.js';
import type { FenceRecord, ReleaseStore } from './release-store.js';

export type Held = NonNullable<FenceRecord['held']>;

export interface FencesOptions {
  readonly store: ReleaseStore;
  readonly leaseMs: number;
  readonly now: () => number;
  /** Resolves when all that was written is durable. */
  readonly durable: () => Promise<void>;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * The waits of rollbacks (docs/release.md). From the moment the new epoch is durable no lease of the old one is
 * granted; after `leaseMs` none that was granted passes a check, and after `graceMs` what had passed is handed over.
 * The waits are this instance's memory: after a restart they begin again, for nobody knows how long nobody waited.
 */
export class Fences {
  readonly #options: FencesOptions;
  readonly #waits = new Map<number, { readonly digest: string; readonly held: Promise<Held> }>();

  constructor(options: FencesOptions) {
    this.#options = options;
  }

  /** Resolves when the fence of `record` holds: at once if it did, with the others if some wait for it already. */
  async hold(record: FenceRecord): Promise<Held> {
    if (record.held !== null) return record.held;
    const joined = this.#waits.get(record.epoch);
    if (joined !== undefined) return joined.held;
    const held = this.#wait(record);
    this.#waits.set(record.epoch, { digest: record.withdrawn.digest, held });
    try {
      return await held;
    } finally {
      this.#waits.delete(record.epoch);
    }
  }

  /** Whether somebody is waiting for the withdrawal of this digest. */
  isWithdrawing(digest: string): boolean {
    return [...this.#waits.values()].some((wait) => wait.digest === digest);
  }

  async #wait(record: FenceRecord): Promise<Held> {
    const { store, leaseMs, now, durable, sleep } = this.#options;
    await durable();
    const durableAt = now();
    await sleep(leaseMs + graceMs);
    const fencedAt = now();
    const held = { fencedAt, waitedMs: fencedAt - durableAt };
    store.writeHeld(record, held, {
      action: 'fence-held',
      epoch: record.epoch,
      who: 'control-plane',
      why: `${leaseMs} ms of lease and ${graceMs} ms of grace have passed`,
      from: record.withdrawn.version,
      to: record.to.version,
    });
    return held;
  }
}
