import { RecentMedian } from './recent-median.js';

/** Sizes that are remembered; one more forgets the one that was seen least recently. */
export const sizesMax = 64;
/** Runs of one size that are remembered. */
const runsPerSize = 9;

export interface CostLine {
  /** Per row. */
  readonly aMs: number;
  /** Per run. */
  readonly bMs: number;
}

/**
 * What runs of each size take: as measured, and between and beyond as a line says. Until two sizes were measured here the
 * line is one that was measured elsewhere, if there is one, scaled to what the first size has shown of this machine.
 */
export class SizeCosts {
  /** A line that was measured elsewhere. */
  prior: CostLine | undefined;
  /** The size seen least recently first. */
  readonly #sizes = new Map<number, RecentMedian>();
  #line: CostLine | undefined | 'stale' = undefined;

  observe(rows: number, ms: number): void {
    const size = this.#sizes.get(rows) ?? new RecentMedian(runsPerSize);
    size.note(ms);
    this.#sizes.delete(rows);
    this.#sizes.set(rows, size);
    this.#line = 'stale';
    const oldest = this.#sizes.keys().next();
    if (this.#sizes.size > sizesMax && oldest.done !== true) this.#sizes.delete(oldest.value);
  }

  /** Between two sizes that were measured, never outside of what they took: noise bends the line. */
  estimateMs(rows: number): number | undefined {
    const measured = this.#sizes.get(rows)?.median;
    if (measured !== undefined) return measured;
    const line = this.line() ?? this.#scaledPrior();
    if (line === undefined) return undefined;
    let [below, above] = [0, Infinity];
    let belowMs = 0;
    let aboveMs = Infinity;
    for (const [size, { median = 0 }] of this.#sizes) {
      if (size < rows && size > below) [below, belowMs] = [size, median];
      if (size > rows && size < above) [above, aboveMs] = [size, median];
    }
    return Math.max(belowMs, Math.min(aboveMs, line.aMs * rows + line.bMs));
  }

  /** Fitted by least squares; undefined until two sizes were measured. */
  line(): CostLine | undefined {
    if (this.#line === 'stale') this.#line = this.#fit();
    return this.#line;
  }

  #scaledPrior(): CostLine | undefined {
    const { prior } = this;
    const [first] = this.#sizes;
    if (prior === undefined || first === undefined) return prior;
    const [rows, { median = 0 }] = first;
    const expectedMs = prior.aMs * rows + prior.bMs;
    const scale = expectedMs > 0 ? median / expectedMs : 1;
    return { aMs: scale * prior.aMs, bMs: scale * prior.bMs };
  }

  #fit(): CostLine | undefined {
    const count = this.#sizes.size;
    if (count < 2) return undefined;
    let [sumN, sumMs] = [0, 0];
    for (const [size, { median = 0 }] of this.#sizes) {
      sumN += size;
      sumMs += median;
    }
    const [meanN, meanMs] = [sumN / count, sumMs / count];
    let [square, product] = [0, 0];
    for (const [size, { median = 0 }] of this.#sizes) {
      square += (size - meanN) ** 2;
      product += (size - meanN) * (median - meanMs);
    }
    const aMs = product / square;
    return { aMs, bMs: meanMs - aMs * meanN };
  }
}
