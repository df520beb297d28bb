import { describe, expect, it } from 'vitest';
import { median, quantile, spreadOf } from '../../../scripts/bench/statistics.js';

describe('the spread of figures', () => {
  it('takes quantiles between ranks', () => {
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.5)).toBe(3);
    expect(quantile([7], 0.99)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('does not care about the order of the figures, and leaves it as it is', () => {
    const figures = [5, 1, 4, 2, 3];
    expect(median(figures)).toBe(3);
    expect(figures).toEqual([5, 1, 4, 2, 3]);
  });

  it('has median, tails and the median absolute deviation, which one outlier hardly moves', () => {
    const figures = Array.from({ length: 100 }, (_, index) => index + 1);
    const { samples, p5, p50, p95, p99, mad } = spreadOf(figures);
    expect([samples, p50, mad]).toEqual([100, 50.5, 25]);
    expect([p5, p95, p99].map((value) => Math.round(100 * value) / 100)).toEqual([5.95, 95.05, 99.01]);
    expect(spreadOf([...figures, 1_000_000]).mad).toBe(25);
  });
});
