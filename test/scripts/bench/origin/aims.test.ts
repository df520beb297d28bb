import { describe, expect, it } from 'vitest';
import { aloneOverheadMsMax, type ModelFigures, originAims } from '../../../../scripts/bench/origin/aims.js';
import type { ContestantName } from '../../../../scripts/bench/origin/contestant.js';
import { overloadAims } from '../../../../scripts/bench/origin/overload.js';

const saturation: Partial<Record<ContestantName, number>> = { 'origin-binary': 90, 'hono-per-core': 80 };
const compared: Partial<Record<ContestantName, number>> = {
  'origin-binary': 88,
  'hono-per-request': 22,
  'origin-grpc': 80,
};

const figures: ModelFigures = {
  model: 'ocr-line',
  limitPerS: 100,
  saturationPerS: (contestant) => saturation[contestant] ?? NaN,
  comparedPerS: (contestant) => compared[contestant] ?? NaN,
  fullBatchMs: 40,
  p99At80Ms: 110,
  aloneOverheadMs: 1.5,
  tensorBytes: 1_100_000,
  loopDelayP99Ms: 4,
};

const aimsOf = (model: ModelFigures) =>
  originAims({ models: [model], pagesLoopDelayP99Ms: 8, swapGrowthMb: 4.5, swaps: 20 });

describe('the aims of bench:origin', () => {
  it('are those of the issue, with its limits', () => {
    expect(aimsOf(figures).map(({ name, figure, compare, limit }) => [name, figure, compare, limit])).toEqual([
      ['ocr-line: origin binary / bare limit', 0.9, '>=', 0.9],
      ['ocr-line: origin binary / Hono per core', 1.125, '>=', 1],
      ['ocr-line: origin binary / Hono per request at 32 connections', 4, '>=', 0.95],
      ['ocr-line: gRPC / binary REST at 32 connections', 0.909, '>=', 0.9],
      ['ocr-line: p99 at 80 % load, ms', 110, '<=', 120],
      ['ocr-line: one caller alone, p50 of (request - raw run), ms', 1.5, '<=', 4],
      ['ocr-line: event-loop delay p99 at 32 connections, ms', 4, '<=', 10],
      ['event-loop delay p99 while A4 JPEGs go through predict, ms', 8, '<=', 10],
      ['growth of memory after 20 swaps, MB', 4.5, '<=', 5],
    ]);
    expect(aimsOf(figures).every(({ met }) => met)).toBe(true);
  });

  it('differ by model: 4 × the server per request on MatMul, 1.2 × on the orientation CNN, and no bare limit', () => {
    for (const [model, times] of [
      ['matmul', 4],
      ['orientation', 1.2],
    ] as const) {
      const aims = aimsOf({ ...figures, model });
      expect(aims.find(({ name }) => name.includes('Hono per request'))?.limit).toBe(times);
      expect(aims.some(({ name }) => name.includes('bare limit'))).toBe(false);
    }
  });

  it('are not met by what could not be measured', () => {
    const aims = aimsOf({ ...figures, p99At80Ms: NaN, comparedPerS: () => NaN });
    expect(aims.filter(({ met }) => !met).map(({ name }) => name)).toEqual([
      'ocr-line: origin binary / Hono per request at 32 connections',
      'ocr-line: gRPC / binary REST at 32 connections',
      'ocr-line: p99 at 80 % load, ms',
    ]);
  });

  it('give one caller 1 ms up to 100 KB of tensors, and 3 ms for each MB above', () => {
    expect(aloneOverheadMsMax(0)).toBe(1);
    expect(aloneOverheadMsMax(100_000)).toBe(1);
    expect(aloneOverheadMsMax(600_000)).toBe(2.5);
  });
});

describe('the aims under twice the load', () => {
  const window = { goodputPerS: 95, sent: 300, answered: 100, refused: 200, withoutRetryAfter: 0 };

  it('are met by 95 % of the peak, refusals that say when to come back, and counts that add up', () => {
    const aims = overloadAims('m', window, 100);
    expect(aims.map(({ figure, met }) => [figure, met])).toEqual([
      [0.95, true],
      [0, true],
      [0, true],
    ]);
  });

  it('are not met by one request too few or too many, or one refusal without retry-after', () => {
    const unmet = (changed: Partial<typeof window>): boolean[] =>
      overloadAims('m', { ...window, ...changed }, 100).map(({ met }) => met);
    expect(unmet({ goodputPerS: 94 })).toEqual([false, true, true]);
    expect(unmet({ withoutRetryAfter: 1 })).toEqual([true, false, true]);
    expect(unmet({ answered: 99 })).toEqual([true, true, false]);
    expect(unmet({ answered: 101 })).toEqual([true, true, false]);
  });
});
