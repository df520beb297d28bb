import { vi } from 'vitest';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { underLease } from '../../../shared/release/commit.js';
import { Leases, type LeaseSources } from '../../../shared/release/leases.js';
import {
  clockErrorMaxMs,
  graceMs,
  type LeaseCopy,
  leaseMsDefault,
  type Release,
} from '../../../shared/release/release.js';
import type { Random } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';

export const withdrawn = { version: 'v2', digest: 'b'.repeat(64) };
export const previous = { version: 'v1', digest: 'a'.repeat(64) };
export const model = 'm';

const before: Release = {
  schema: 1,
  model,
  epoch: 4,
  stable: withdrawn,
  lastGood: previous,
  fenced: [],
  versions: [previous, withdrawn],
};
const after: Release = { ...before, epoch: 5, stable: previous, fenced: [withdrawn.digest] };

export interface Hand {
  readonly atMs: number;
  readonly digest: string;
}

export interface WorldOptions {
  readonly random: Random;
  readonly isolates: number;
  readonly callers: number;
  /** How an isolate's leases are seen by its commit: the identity, or a sabotage. */
  readonly sabotage?: (leases: Leases) => Pick<Leases, 'current' | 'renew' | 'permits'>;
}

/**
 * A data centre in virtual time: isolates with clocks up to E from true time share a cache and ask a control plane
 * whose answers may be long on their way, while callers keep asking for runs of up to three seconds. In the middle the
 * version is rolled back. Returns every hand-over, and when the rollback returned, in true time.
 */
export async function runWorld(
  options: WorldOptions,
): Promise<{ hands: Hand[]; failed: number; returnedAtMs: number }> {
  vi.useFakeTimers({ now: 1_000_000 });
  try {
    const world = new World(options.random);
    const until = Date.now() + 9_000;
    const work = Array.from({ length: options.isolates }, () => world.isolate()).flatMap((leases) => {
      const seen = options.sabotage?.(leases.leases) ?? leases.leases;
      return Array.from({ length: options.callers }, () => world.callUntil(until, seen, leases.clock));
    });
    const rollback = world.rollbackAfter(2_000 + options.random() * 2_000);
    await vi.advanceTimersByTimeAsync(20_000);
    await Promise.all(work);
    return { hands: world.hands, failed: world.failed, returnedAtMs: await rollback };
  } finally {
    vi.useRealTimers();
  }
}

class World {
  readonly hands: Hand[] = [];
  failed = 0;
  #release = before;
  readonly #cache = new Map<string, LeaseCopy>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  isolate(): { leases: Leases; clock: { now(): number } } {
    const skewMs = (this.#random() * 2 - 1) * clockErrorMaxMs;
    const clock = { now: () => Date.now() + skewMs };
    const leases = new Leases({ sources: this.#sources(), clock, random: this.#random, background: () => undefined });
    return { leases, clock };
  }

  /** Half of the isolates lose the control plane and the cache when the version is withdrawn: the worst moment. */
  #sources(): LeaseSources {
    const isCutOff = this.#random() < 0.5;
    const reach = async (): Promise<void> => {
      await sleep(this.#random() * 30);
      if (isCutOff && this.#release === after) throw new Error('cut off');
    };
    return {
      ask: async () => {
        await reach();
        const release = this.#release; // read in an event of its own
        await sleep(this.#random() < 0.3 ? 700 + this.#random() * 250 : this.#random() * 30);
        return { release, leaseMs: leaseMsDefault, reportEveryMs: 1_000 };
      },
      shared: async () => {
        await reach();
        return this.#cache.get(model);
      },
      share: async (_, copy) => {
        await reach();
        this.#cache.set(model, copy);
      },
      lastResort: () => Promise.resolve(undefined),
    };
  }

  async callUntil(
    untilMs: number,
    leases: Pick<Leases, 'current' | 'renew' | 'permits'>,
    clock: { now(): number },
  ): Promise<void> {
    while (Date.now() < untilMs) {
      const deadline = new Deadline(clock, 8_000);
      try {
        const { ref } = await underLease({ leases, model, version: undefined, deadline, turn: () => sleep(0) }, () =>
          this.#run(),
        );
        this.hands.push({ atMs: Date.now(), digest: ref.digest });
      } catch (error) {
        if (!(error instanceof BrinkError)) throw error;
        this.failed += 1;
      }
      await sleep(this.#random() * 50);
    }
  }

  async #run(): Promise<void> {
    await sleep(this.#random() < 0.2 ? this.#random() * 3_000 : this.#random() * 40);
  }

  /** The control plane's side: the new epoch is durable, then lease and grace are waited for. */
  async rollbackAfter(ms: number): Promise<number> {
    await sleep(ms);
    this.#release = after;
    await sleep(leaseMsDefault + graceMs);
    return Date.now();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
