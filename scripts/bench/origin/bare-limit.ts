import { spreadOf } from '../statistics.js';
import type { BenchScript } from './processes/bundle-processes.js';
import { BenchChild } from './processes/bench-child.js';
import type { BareRate, BareRequest } from './processes/bare-messages.js';
import { type ServingSetup, sessionOptionsOf } from './serving-setup.js';

export const batchSizes = [1, 2, 4, 8, 16, 32] as const;

/** Where a bundled process of the benchmark lies. */
export type Scripts = (script: BenchScript) => string;

/**
 * What no server can exceed: the same sessions in as many processes, each running batches one after the other with nobody to
 * serve. Beside them the load generator's share of the cores can be burned, for it is taken from a server as well.
 */
export class BareLimit {
  readonly #loops: readonly BenchChild[];
  readonly #burners: readonly BenchChild[];

  private constructor(loops: readonly BenchChild[], burners: readonly BenchChild[]) {
    this.#loops = loops;
    this.#burners = burners;
  }

  static async start(scripts: Scripts, casePath: string, setup: ServingSetup, burners: number): Promise<BareLimit> {
    const options = JSON.stringify(sessionOptionsOf(setup, setup.instances));
    const start = (script: string, args: string[], count: number): Promise<BenchChild>[] =>
      Array.from({ length: count }, () => BenchChild.start(script, args));
    const [loops, burning] = [
      start(scripts('bare-loop'), [casePath, options], setup.instances),
      start(scripts('burner'), [], burners),
    ];
    const started = await Promise.allSettled([...loops, ...burning]);
    const children = started.flatMap((child) => (child.status === 'fulfilled' ? [child.value] : []));
    const failed = started.find((child) => child.status === 'rejected');
    if (failed !== undefined) {
      await Promise.all(children.map((child) => child.end()));
      throw failed.reason;
    }
    return new BareLimit(children.slice(0, loops.length), children.slice(loops.length));
  }

  /** Items a second of all processes together, while `burnedCores` of the machine are busy otherwise. */
  async ratePerS(batch: number, ms: number, burnedCores = 0): Promise<number> {
    await this.#burn(burnedCores);
    try {
      const request: BareRequest = { type: 'rate', batch, ms };
      const rates = await Promise.all(this.#loops.map((loop) => loop.ask<BareRate>(request)));
      return rates.reduce((all, rate) => all + (1_000 * rate.items) / rate.ms, 0);
    } finally {
      await this.#burn(0);
    }
  }

  /** The rate at every batch size; each is warmed by a run before. */
  async rates(ms: number, onRate: () => void, signal: AbortSignal): Promise<ReadonlyMap<number, number>> {
    const rates = new Map<number, number>();
    for (const batch of batchSizes) {
      signal.throwIfAborted();
      await this.ratePerS(batch, 0);
      rates.set(batch, await this.ratePerS(batch, ms));
      onRate();
    }
    return rates;
  }

  /** The times of so many runs of one process, the others idle. */
  times(batch: number, runs: number): Promise<readonly number[]> {
    const [loop] = this.#loops;
    if (loop === undefined) throw new Error('expected at least one instance');
    return loop.ask<number[]>({ type: 'times', batch, runs } satisfies BareRequest);
  }

  async medianRunMs(batch: number, runs: number): Promise<number> {
    await this.times(batch, 1);
    return spreadOf(await this.times(batch, runs)).p50;
  }

  async end(): Promise<void> {
    await Promise.all([...this.#loops, ...this.#burners].map((child) => child.end()));
  }

  async #burn(cores: number): Promise<void> {
    let left = cores;
    for (const burner of this.#burners) {
      await burner.ask({ share: Math.min(1, left) });
      left = Math.max(0, left - 1);
    }
  }
}

/** The batch size with the best rate; the smaller one of equals. */
export function bestBatch(rates: ReadonlyMap<number, number>): number {
  const [best] = [...rates].sort(([batchA, a], [batchB, b]) => b - a || batchA - batchB);
  return best?.[0] ?? 1;
}
