import { describe, expect, it } from 'vitest';
import { findHeadline } from '../../../scripts/load/find-headline.js';
import type { LoadResult } from '../../../scripts/load/load-result.js';
import { FakeSession, planOf } from './load-results.js';

const options = { saturationPerS: 1_000, boundMs: 50, seed: 7, connectionsMax: 64 };
const held: Partial<LoadResult> = { withinBoundShare: 0.995 };
const missed: Partial<LoadResult> = { withinBoundShare: 0.98 };

/** A server that keeps the bound up to a rate. */
const serverOf = (mostPerS: number): FakeSession =>
  new FakeSession(({ shape }) => (shape.kind === 'open' && shape.ratePerS <= mostPerS ? held : missed));

describe('the search for the highest rate within a bound', () => {
  it('halves what is left between what held and what did not', async () => {
    const session = serverOf(640);
    const found = await findHeadline(session, planOf(), options);
    expect(session.rates).toEqual([800, 400, 600, 700, 650, 625]);
    expect(found).toMatchObject({ ratePerS: 625, boundMs: 50, shareMin: 0.99 });
  });

  it('asks every run for the bound, with another seed each', async () => {
    const session = serverOf(640);
    await findHeadline(session, planOf(), options);
    expect(new Set(session.plans.map(({ latencyBoundMs }) => latencyBoundMs))).toEqual(new Set([50]));
    const seeds = session.plans.map(({ shape }) => (shape.kind === 'open' ? shape.seed : -1));
    expect(new Set(seeds).size).toBe(seeds.length);
  });

  it('tries no rate at or above the saturation, and never more than so many runs', async () => {
    const fast = serverOf(1e9);
    expect((await findHeadline(fast, planOf(), options)).ratePerS).toBe(950);
    expect(Math.max(...fast.rates)).toBeLessThan(1_000);
    const slow = serverOf(0);
    expect((await findHeadline(slow, planOf(), { ...options, stepsMax: 4 })).ratePerS).toBeNull();
    expect(slow.rates).toEqual([800, 400, 200, 100]);
  });

  it('repeats a run that was sent late once, and does not believe it the second time', async () => {
    const session = new FakeSession(({ shape }, number) =>
      number < 2 ? { ...held, valid: false } : shape.kind === 'open' && shape.ratePerS <= 500 ? held : missed,
    );
    const found = await findHeadline(session, planOf(), { ...options, stepsMax: 4 });
    expect(session.rates).toEqual([800, 800, 400, 600]);
    expect(found.ratePerS).toBe(400);
  });

  it('takes a repeated run that was sent in time', async () => {
    const session = new FakeSession((_, number) => (number === 0 ? { valid: false } : held));
    expect((await findHeadline(session, planOf(), { ...options, stepsMax: 2 })).ratePerS).toBe(800);
  });
});
