import { describe, expect, it } from 'vitest';
import type { LoadShape } from '../../../scripts/load/load-plan.js';
import type { LoadResult } from '../../../scripts/load/load-result.js';
import type { Outcome } from '../../../scripts/load/process/load-connection.js';
import { makeResult } from '../../../scripts/load/process/make-result.js';
import { percentile } from '../../../scripts/load/process/percentiles.js';
import { Recorder } from '../../../scripts/load/process/recorder.js';
import { planOf } from './load-results.js';

const answered: Outcome = { verdict: 'answered', kind: '200', servedBy: 'edge v1' };
const closed: LoadShape = { kind: 'closed', connections: 1 };
const open: LoadShape = { kind: 'open', ratePerS: 100, seed: 1, connectionsMax: 1 };
const facts = {
  ended: 'done',
  seconds: 3,
  generatorCpuS: 1.5,
  connections: { used: 1, inFlightMax: 1, requestsFewest: 1, requestsMost: 1 },
} as const;

interface Sending {
  readonly fromMs: number;
  readonly latencyMs?: number;
  readonly outcome?: Outcome;
  readonly late?: boolean;
}

/** Three seconds are measured, from 1,000 on. */
function resultOf(sendings: readonly Sending[], shape = closed, boundMs?: number): LoadResult {
  const recorder = new Recorder({ fromMs: 1_000, toMs: 4_000 }, boundMs);
  for (const { fromMs, latencyMs = 10, outcome = answered, late = false } of sendings) {
    recorder.onSettled(outcome, fromMs, fromMs + latencyMs, recorder.onSent(fromMs, late));
  }
  return makeResult(planOf({ shape, seconds: 3 }), recorder, facts);
}
const each = (count: number, fromMs: number, more: Partial<Sending> = {}): Sending[] =>
  Array.from({ length: count }, () => ({ fromMs, ...more }));

describe('what is taken down of a run', () => {
  it('counts what was sent in the measured time, and rates what came in it', () => {
    const result = resultOf([
      { fromMs: 995, latencyMs: 10 }, // sent before, came in it
      { fromMs: 2_000 },
      { fromMs: 3_995, latencyMs: 10 }, // sent in it, came after
      { fromMs: 4_000 },
    ]);
    expect(result).toMatchObject({ sent: 2, answered: 2, ratePerS: 0.667 });
    expect(result.servedBy).toEqual({ 'edge v1': 2 });
  });

  it('has latencies of the answered apart from those of the refused', () => {
    const refused: Outcome = { verdict: 'refused', kind: '503', hasRetryAfter: false };
    const result = resultOf([
      ...each(99, 1_500, { latencyMs: 5 }),
      { fromMs: 1_500, latencyMs: 100 },
      { fromMs: 2_000, latencyMs: 1, outcome: refused },
    ]);
    expect(result.latency).toEqual({ p50Ms: 5, p90Ms: 5, p95Ms: 5, p99Ms: 5, p999Ms: 100, maxMs: 100 });
    expect(result.refusedLatency.maxMs).toBe(1);
    expect(result).toMatchObject({ refused: 1, withoutRetryAfter: 1 });
  });

  it('counts as good within a bound only what was answered within it, of all that was sent', () => {
    const failed: Outcome = { verdict: 'failed', kind: '500' };
    const sendings = [...each(6, 2_000), ...each(2, 2_000, { latencyMs: 51 }), ...each(2, 2_000, { outcome: failed })];
    expect(resultOf(sendings, closed, 50)).toMatchObject({ goodputPerS: 2, ratePerS: 2.667, withinBoundShare: 0.6 });
  });

  it('is steady when three windows agree within 10 %', () => {
    const thirds = (...counts: number[]): Sending[] => counts.flatMap((count, at) => each(count, 1_500 + 1_000 * at));
    expect(resultOf(thirds(100, 95, 90)).steady).toBe(true);
    expect(resultOf(thirds(100, 95, 89)).steady).toBe(false);
    expect(resultOf([]).steady).toBe(false);
    expect(resultOf(thirds(100, 95, 90)).windows.map(({ ratePerS }) => ratePerS)).toEqual([100, 95, 90]);
  });

  it('does not take chance in the arrivals of an open loop for unrest, and a growing backlog for rest', () => {
    const unevenArrivals = [...each(60, 1_500), ...each(100, 2_500), ...each(80, 3_500)];
    expect(resultOf(unevenArrivals, open).steady).toBe(true);
    const growing = [1_500, 2_500, 3_500].flatMap((fromMs) => [
      ...each(50, fromMs),
      ...each(50, fromMs, { latencyMs: 5_000 }),
    ]);
    expect(resultOf([...growing, ...each(20, 2_500)], open).steady).toBe(false);
  });

  it('refuses a run of which more than 1 % was sent late', () => {
    expect(resultOf([...each(99, 2_000), ...each(1, 2_000, { late: true })], open)).toMatchObject({
      valid: true,
      lateSentShare: 0.01,
    });
    expect(resultOf([...each(98, 2_000), ...each(2, 2_000, { late: true })], open)).toMatchObject({
      valid: false,
      invalidBecause: '2.0 % of the requests were sent more than 2 ms late; at most 1.0 % may be',
    });
    expect(resultOf([]).invalidBecause).toBe('nothing was sent in the measured time');
  });

  it('tells at most 32 kinds of outcomes apart', () => {
    const sendings = Array.from({ length: 50 }, (_, at) => ({
      fromMs: 2_000,
      outcome: { verdict: 'failed', kind: `kind ${at}` } as const,
    }));
    const { kinds } = resultOf(sendings);
    expect(Object.keys(kinds)).toHaveLength(33);
    expect(kinds['others']).toBe(18);
  });

  it('says the generator’s part as a number of cores', () => {
    expect(resultOf(each(1, 2_000))).toMatchObject({ generatorCpuS: 1.5, generatorCores: 0.5 });
  });
});

describe('a percentile', () => {
  it('is a figure that was measured: the smallest that the share is not above', () => {
    const sorted = Float64Array.from({ length: 100 }, (_, at) => at + 1);
    expect([0.5, 0.99, 0.991, 1].map((q) => percentile(sorted, q))).toEqual([50, 99, 100, 100]);
    expect(percentile(new Float64Array(), 0.5)).toBeNull();
  });
});
