import { describe, expect, it } from 'vitest';
import { type CoreAsk, CoreShares, type Grant } from '../../../../origin/engine/admission/core-shares.js';
import { integerBelow, oneOf, seededRandom } from '../../../harness/random.js';

const ask = (key: string, more: Partial<CoreAsk> = {}): CoreAsk => ({
  key,
  threads: 1,
  share: 1,
  expectedMs: 10,
  ...more,
});

/** Runs of these models in virtual time, each model always asking for so many at once; gives the core time of each. */
interface Load {
  readonly key: string;
  readonly runMs: number;
  readonly threads?: number;
  readonly share?: number;
  readonly expectedMs?: number;
  /** Asks that are always open. */
  readonly instances?: number;
  readonly fromMs?: number;
  readonly untilMs?: number;
}

function coreTimeOf(loads: readonly Load[], cores: number, endMs: number): Record<string, number> {
  const shares = new CoreShares({ cores });
  const used: Record<string, number> = {};
  const events: { at: number; order: number; act: () => void }[] = [];
  let nowMs = 0;
  let order = 0;
  const later = (at: number, act: () => void): void => void events.push({ at, order: order++, act });
  const keepAsking = (load: Load): void => {
    const { key, runMs, threads = 1, share = 1, expectedMs = runMs, untilMs = endMs } = load;
    if (nowMs >= untilMs) return;
    shares.ask({ key, threads, share, expectedMs }, (grant) => {
      later(nowMs + runMs, () => {
        used[key] = (used[key] ?? 0) + runMs * Math.min(threads, cores);
        keepAsking(load); // as a pool does whose next batch waits already
        grant.release(runMs);
      });
    });
  };
  for (const load of loads) {
    used[load.key] = 0;
    for (let n = 0; n < (load.instances ?? 1); n++) later(load.fromMs ?? 0, () => keepAsking(load));
  }
  while (events.length > 0) {
    events.sort((a, b) => a.at - b.at || a.order - b.order);
    const next = events.shift()!;
    if (next.at > endMs) break;
    nowMs = next.at;
    next.act();
  }
  return used;
}

describe('cores', () => {
  it('go to whoever asks as long as there are any', () => {
    const shares = new CoreShares({ cores: 4 });
    const started: string[] = [];
    for (const key of ['a', 'a', 'b', 'c', 'd']) shares.ask(ask(key), () => started.push(key));
    expect(started).toEqual(['a', 'a', 'b', 'c']);
    expect(shares.freeCores).toBe(0);
  });

  it('go to one alone entirely', () => {
    expect(coreTimeOf([{ key: 'a', runMs: 7, instances: 4 }], 2, 700)).toEqual({ a: 1_400 });
  });

  it.each([1, 2, 4])('are shared evenly by runs of 100 ms and of 2 ms (%i cores)', (cores) => {
    const loads = [
      { key: 'long', runMs: 100, instances: cores },
      { key: 'short', runMs: 2, instances: cores },
    ];
    const { long = 0, short = 0 } = coreTimeOf(loads, cores, 60_000);
    expect(long / (long + short)).toBeCloseTo(0.5, 1.5);
    expect(long + short).toBeGreaterThan(0.99 * cores * 60_000);
  });

  it('are shared in proportion, and evenly even when the expected times are wrong', () => {
    const loads = [
      { key: 'a', runMs: 10, share: 3, expectedMs: 1, instances: 2 },
      { key: 'b', runMs: 4, share: 1, expectedMs: 50, instances: 2 },
    ];
    const { a = 0, b = 0 } = coreTimeOf(loads, 2, 60_000);
    expect(a / b).toBeGreaterThan(2.8);
    expect(a / b).toBeLessThan(3.2);
  });

  it.each([1, 2, 3, 4, 5, 6])('are shared in proportion whatever the runs (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const cores = 1 + integerBelow(random, 4);
    const loads = Array.from({ length: 2 + integerBelow(random, 4) }, (_, n) => ({
      key: `m${n}`,
      runMs: 1 + integerBelow(random, 60),
      threads: oneOf(random, [1, cores]),
      share: oneOf(random, [1, 2, 4]),
      instances: cores,
    }));
    const used = coreTimeOf(loads, cores, 200_000);
    const perShare = loads.map(({ key, share }) => (used[key] ?? 0) / share);
    expect(Math.max(...perShare) / Math.min(...perShare)).toBeLessThan(1.1);
  });

  it('are not saved up: who was idle has no credit when it comes', () => {
    const loads = [
      { key: 'steady', runMs: 5 },
      { key: 'late', runMs: 5, fromMs: 10_000, untilMs: 11_000 },
    ];
    const { late = 0 } = coreTimeOf(loads, 1, 20_000);
    expect(late).toBeGreaterThan(400);
    expect(late).toBeLessThan(600);
  });

  it('are kept for a run that needs more than are free, when it is its turn', () => {
    const loads = [
      { key: 'wide', runMs: 10, threads: 4 },
      { key: 'narrow', runMs: 10, instances: 8 },
    ];
    const { wide = 0, narrow = 0 } = coreTimeOf(loads, 4, 40_000);
    expect(wide / (wide + narrow)).toBeCloseTo(0.5, 1);
  });

  it('are all of them for a run that wants more than there are', () => {
    const shares = new CoreShares({ cores: 2 });
    shares.ask(ask('a', { threads: 64 }), () => undefined);
    expect(shares.freeCores).toBe(0);
  });
});

describe('an ask', () => {
  it('can be taken back, which makes way for others; after the start that does nothing', () => {
    const shares = new CoreShares({ cores: 2 });
    const started: string[] = [];
    const grants: Grant[] = [];
    const start = (key: string) => (grant: Grant) => {
      started.push(key);
      grants.push(grant);
    };
    const cancelFirst = shares.ask(ask('a'), start('a'));
    const cancelWide = shares.ask(ask('wide', { threads: 2 }), start('wide'));
    shares.ask(ask('b'), start('b'));
    expect(started).toEqual(['a']);
    cancelWide();
    cancelWide();
    expect(started).toEqual(['a', 'b']);
    cancelFirst();
    expect(shares.freeCores).toBe(0);
  });

  it('gives its cores back once', () => {
    const shares = new CoreShares({ cores: 1 });
    const grants: Grant[] = [];
    for (const key of ['a', 'b', 'c']) shares.ask(ask(key), (grant) => grants.push(grant));
    grants[0]!.release(10);
    grants[0]!.release(10);
    expect(grants.length).toBe(2);
    expect(shares.freeCores).toBe(0);
  });

  it('may be made and given back while another starts', () => {
    const shares = new CoreShares({ cores: 1 });
    const started: string[] = [];
    shares.ask(ask('a'), (grant) => {
      started.push('a');
      shares.ask(ask('b'), () => started.push('b'));
      grant.release(1);
    });
    expect(started).toEqual(['a', 'b']);
  });
});
