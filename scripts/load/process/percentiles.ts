import type { Percentiles } from '../load-result.js';

/** The smallest figure that at least the share `q` is not above; null of nothing. */
export function percentile(sorted: Float64Array, q: number): number | null {
  const figure = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
  return figure === undefined ? null : microseconds(figure);
}

export function percentilesOf(sorted: Float64Array): Percentiles {
  return {
    p50Ms: percentile(sorted, 0.5),
    p90Ms: percentile(sorted, 0.9),
    p95Ms: percentile(sorted, 0.95),
    p99Ms: percentile(sorted, 0.99),
    p999Ms: percentile(sorted, 0.999),
    maxMs: percentile(sorted, 1),
  };
}

/** The clock has no more digits worth printing. */
const microseconds = (ms: number): number => Math.round(ms * 1_000) / 1_000;
