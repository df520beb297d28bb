export interface Spread {
  readonly samples: number;
  readonly p5: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Median of the absolute deviations from the median. */
  readonly mad: number;
}

/** Quantile `q` in [0, 1] of values in ascending order, linear between ranks. NaN of nothing. */
export function quantile(sorted: readonly number[], q: number): number {
  const rank = q * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? NaN;
  const above = sorted[Math.ceil(rank)] ?? NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

export const median = (values: readonly number[]): number => quantile(ascending(values), 0.5);

export function spreadOf(values: readonly number[]): Spread {
  const sorted = ascending(values);
  const p50 = quantile(sorted, 0.5);
  return {
    samples: sorted.length,
    p5: quantile(sorted, 0.05),
    p50,
    p95: quantile(sorted, 0.95),
    p99: quantile(sorted, 0.99),
    mad: median(sorted.map((value) => Math.abs(value - p50))),
  };
}
