import { describe, expect, it } from 'vitest';
import { type PlanInput, planAttempts } from '../../../shared/plan/plan.js';

const base: PlanInput = {
  tiers: ['edge', 'origin'],
  forced: undefined,
  edge: 'ready',
  origin: 'available',
  leftMs: 1_000,
  edgeInFlight: 0,
  aboveMeasured: false,
  expected: { edgeLoadMs: undefined, edgeRunMs: undefined, edgeSlowRunMs: undefined, originMs: undefined },
};
const attempts = (input: Partial<PlanInput>) => planAttempts({ ...base, ...input }).attempts;

describe('the plan', () => {
  it('tries the edge first where the version is loaded, and the origin after it', () => {
    expect(planAttempts(base)).toEqual({
      attempts: ['edge', 'origin'],
      skipped: [],
      prefetchEdge: false,
      edgePassedOver: undefined,
    });
  });

  it('sends the first callers of a cold isolate to the origin and loads in the background', () => {
    expect(planAttempts({ ...base, edge: 'absent' })).toMatchObject({
      attempts: ['origin', 'edge'],
      edgePassedOver: 'loading',
      prefetchEdge: true,
    });
    expect(planAttempts({ ...base, edge: 'loading' })).toMatchObject({
      attempts: ['origin', 'edge'],
      prefetchEdge: false,
    });
  });

  it('waits for the load when the origin is slower than it, away, or left alone', () => {
    expect(attempts({ edge: 'absent', expected: { ...base.expected, edgeLoadMs: 100, originMs: 300 } })).toEqual([
      'edge',
      'origin',
    ]);
    expect(attempts({ edge: 'absent', origin: 'absent' })).toEqual(['edge']);
    expect(attempts({ edge: 'absent', origin: 'open' })).toEqual(['edge']);
  });

  it('sends callers to the origin while so many wait at the edge that the origin is quicker', () => {
    const busy = { edgeInFlight: 10, expected: { ...base.expected, edgeRunMs: 60, originMs: 400 } };
    expect(planAttempts({ ...base, ...busy })).toMatchObject({
      attempts: ['origin', 'edge'],
      edgePassedOver: 'queue-full',
      prefetchEdge: false,
    });
    expect(attempts({ ...busy, edgeInFlight: 5 })).toEqual(['edge', 'origin']);
    expect(attempts({ ...busy, origin: 'open' })).toEqual(['edge']);
    expect(attempts({ ...busy, forced: 'edge' })).toEqual(['edge']);
  });

  it('does not start at the edge what would outlive the deadline', () => {
    const plan = planAttempts({ ...base, leftMs: 50, expected: { ...base.expected, edgeRunMs: 80 } });
    expect(plan).toMatchObject({ attempts: ['origin'], skipped: [{ tier: 'edge', reason: 'too-slow' }] });
  });

  it('goes by a slow run, where it is known, to say what would outlive the deadline', () => {
    const expected = { ...base.expected, edgeRunMs: 20, edgeSlowRunMs: 80 };
    expect(attempts({ leftMs: 50, expected })).toEqual(['origin']);
    expect(attempts({ leftMs: 100, expected })).toEqual(['edge', 'origin']);
  });

  it('leaves what is above the measured to the origin, and tries it at the edge where the origin cannot answer', () => {
    expect(planAttempts({ ...base, aboveMeasured: true })).toMatchObject({
      attempts: ['origin'],
      skipped: [{ tier: 'edge', reason: 'above-measured' }],
    });
    expect(attempts({ aboveMeasured: true, origin: 'open' })).toEqual(['edge']);
    expect(attempts({ aboveMeasured: true, origin: 'absent' })).toEqual(['edge']);
    expect(attempts({ aboveMeasured: true, tiers: ['edge'] })).toEqual(['edge']);
    expect(attempts({ aboveMeasured: true, forced: 'edge' })).toEqual(['edge']);
  });

  it('tries the edge anyway when nothing else can answer: an estimate that is never tested stays wrong for ever', () => {
    const slow = { leftMs: 50, expected: { ...base.expected, edgeRunMs: 80 } };
    expect(attempts({ ...slow, origin: 'open' })).toEqual(['edge']);
    expect(attempts({ ...slow, tiers: ['edge'] })).toEqual(['edge']);
  });

  it('leaves the edge alone for a while after a failed load, unless nothing else can answer', () => {
    expect(attempts({ edge: 'failed' })).toEqual(['origin']);
    expect(attempts({ edge: 'failed', origin: 'open' })).toEqual(['edge']);
  });

  it('goes only where the version is placed, and says why not elsewhere', () => {
    const plan = planAttempts({ ...base, tiers: ['origin'], origin: 'open' });
    expect(plan.attempts).toEqual([]);
    expect(plan.skipped).toEqual([
      { tier: 'origin', reason: 'breaker-open' },
      { tier: 'edge', reason: 'not-placed' },
    ]);
  });

  it('goes only where an operator forces it', () => {
    expect(planAttempts({ ...base, forced: 'origin', edge: 'absent' })).toMatchObject({
      attempts: ['origin'],
      edgePassedOver: undefined,
    });
    expect(attempts({ forced: 'edge', edge: 'absent' })).toEqual(['edge']);
    expect(attempts({ forced: 'edge', tiers: ['origin'] })).toEqual([]);
  });
});
