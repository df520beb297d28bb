import { describe, expect, it } from 'vitest';
import { ConcurrencyLimit, defaultConcurrencyBounds } from '../../../../origin/engine/admission/concurrency-limit.js';
import { seededRandom } from '../../../harness/random.js';
import { quantile, serve } from './queue-world.js';

interface Server {
  readonly instances: number;
  readonly batchMax: number;
  readonly runMs: (requests: number) => number;
}

/** M/D/c: every run takes the same; and the batches of a matrix multiplication, ten times cheaper per row when full. */
const plain = (instances: number): Server => ({ instances, batchMax: 1, runMs: () => 33 });
const batching: Server = { instances: 2, batchMax: 32, runMs: (rows) => 1.246 + 0.154 * rows };
const servers = [
  ['one instance', plain(1)],
  ['two instances', plain(2)],
  ['four instances', plain(4)],
  ['batches of 32', batching],
] as const;

/** Serves at these multiples of the capacity, for 4,000 requests' time each. */
function served({ instances, batchMax, runMs }: Server, loads: readonly number[], seed: number) {
  const limit = new ConcurrencyLimit();
  limit.raiseFloor(2 * instances * batchMax);
  const fullMs = runMs(batchMax);
  const capacityPerMs = (instances * batchMax) / fullMs;
  const phaseMs = 4_000 / capacityPerMs;
  const phases = loads.map((load, at) => ({ perMs: load * capacityPerMs, untilMs: (at + 1) * phaseMs }));
  const outcomes = serve({ limit, random: seededRandom(seed), instances, batchMax, runMs, phases });
  const last = outcomes.at(-1)!;
  return {
    limit,
    outcomes,
    last,
    goodput: last.answeredPerMs / capacityPerMs,
    worstInRuns: (last.latenciesMs.at(-1) ?? 0) / fullMs,
    p99InRuns: quantile(last.latenciesMs, 0.99) / fullMs,
  };
}

describe.each(servers)('a server of %s', (name, server) => {
  const seeds = [1, 2, 3, 4];

  it('refuses nobody at half of its capacity', () => {
    for (const seed of seeds)
      expect(served(server, [0.5, 0.5], seed).outcomes.map(({ refused }) => refused)).toEqual([0, 0]);
  });

  it('refuses hardly anybody at 80 % of it', () => {
    for (const seed of seeds) {
      const { last } = served(server, [0.8, 0.8], seed);
      expect(last.refused / last.sent).toBeLessThan(0.01);
    }
  });

  it('answers as much as it can at twice of it, none later than 12 runs (batching: 3)', () => {
    for (const seed of seeds) {
      for (const before of [0.5, 0.8, 2]) {
        const { goodput, worstInRuns, last } = served(server, [before, 2, 2], seed);
        expect(goodput).toBeGreaterThan(0.95);
        expect(worstInRuns).toBeLessThan(name === 'batches of 32' ? 3 : 12);
        expect(last.refused / last.sent).toBeGreaterThan(0.45);
      }
    }
  });

  it('does not learn an overload as the usual, however long it lasts', () => {
    const loads = new Array<number>(30).fill(2);
    const { goodput, p99InRuns, outcomes, last } = served(server, loads, 5);
    expect(goodput).toBeGreaterThan(0.95);
    expect(p99InRuns).toBeLessThan(12);
    const [, , third] = outcomes;
    expect(quantile(last.latenciesMs, 0.5)).toBeLessThan(2 * quantile(third!.latenciesMs, 0.5));
  });

  it('recovers from an overload', () => {
    for (const seed of seeds) {
      const { last } = served(server, [3, 0.5, 0.8], seed);
      expect(last.refused / last.sent).toBeLessThan(0.02);
    }
  });
});

describe('the concurrency limit', () => {
  const samples = (limit: ConcurrencyLimit, count: number, latencyMs: number, inFlight: number): void => {
    for (let n = 0; n < count; n++) limit.sample({ latencyMs, inFlight });
  };

  it('begins with its initial value, and grows only when it is used', () => {
    const limit = new ConcurrencyLimit();
    samples(limit, 1_000, 10, 15);
    expect(limit.limit).toBe(defaultConcurrencyBounds.initial);
    samples(limit, 100, 10, 30);
    expect(limit.limit).toBeGreaterThan(defaultConcurrencyBounds.initial);
  });

  it('stays between its bounds', () => {
    const limit = new ConcurrencyLimit({ min: 3, max: 50 });
    samples(limit, 10_000, 10, 50);
    expect(limit.limit).toBe(50);
    samples(limit, 10, 10, 1);
    samples(limit, 10_000, 10_000, 50);
    expect(limit.limit).toBeLessThan(10);
    for (let n = 0; n < 100; n++) {
      limit.dropped();
      samples(limit, 100, 10_000, 50);
    }
    expect(limit.limit).toBeGreaterThanOrEqual(3);
  });

  it('keeps its floor however slow answers are, and may exceed its maximum for that', () => {
    const limit = new ConcurrencyLimit({ max: 100 });
    limit.raiseFloor(64);
    expect(limit.limit).toBe(64);
    samples(limit, 10, 1, 1);
    samples(limit, 10_000, 10_000, 64);
    expect(limit.limit).toBe(64);
    limit.raiseFloor(256);
    expect(limit.limit).toBe(256);
    limit.raiseFloor(2);
    samples(limit, 10_000, 10_000, 256);
    expect(limit.limit).toBeLessThan(64);
  });

  it('knows soon when answers have become faster for good, and takes the old time for slow', () => {
    const limit = new ConcurrencyLimit();
    samples(limit, 100, 100, 1);
    samples(limit, 1_000, 10, 4_096);
    const before = limit.limit;
    samples(limit, 1_000, 100, 4_096);
    expect(limit.limit).toBeLessThan(before);
  });

  it('steps down once for all that is dropped in a window', () => {
    const limit = new ConcurrencyLimit({ initial: 100 });
    for (let n = 0; n < 50; n++) limit.dropped();
    expect(limit.limit).toBe(90);
    samples(limit, 90, 10, 90);
    expect(limit.limit).toBe(90);
    limit.dropped();
    expect(limit.limit).toBe(81);
  });

  it('takes nothing from a sample that is none', () => {
    const limit = new ConcurrencyLimit();
    samples(limit, 1_000, Number.NaN, 32);
    expect(limit.limit).toBe(defaultConcurrencyBounds.initial);
  });
});
