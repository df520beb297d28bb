import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../scripts/seeded-random.js';
import { Arrivals } from '../../../scripts/load/arrivals.js';

const moments = (seed: number, count: number, ratePerS = 100): number[] => {
  const arrivals = new Arrivals(ratePerS, seededRandom(seed));
  return Array.from({ length: count }, () => arrivals.next());
};

describe('the schedule of an open loop', () => {
  it('is the same for the same seed and another for another', () => {
    expect(moments(1, 50)).toEqual(moments(1, 50));
    expect(moments(1, 50)).not.toEqual(moments(2, 50));
  });

  it('has exponential gaps of the mean that the rate says', () => {
    const at = moments(3, 20_000);
    const gaps = at.map((moment, index) => moment - (at[index - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(mean).toBeCloseTo(10, 0);
    expect(deviation / mean).toBeCloseTo(1, 1);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
  });
});
