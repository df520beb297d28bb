import type { Histogram } from './histogram.js';
import type { RangeMethod, ValueRange } from './value-ranges.js';

/** Of the values, the share that a percentile leaves out at each end. */
const leftOut = 0.00005;
/** Shares of the whole range that the mean squared error is looked for at. */
const shares = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3] as const;
const levels = 255;

/** The range that 8 bits are spread over. It always holds 0, which has to be met exactly: padding is of zeros. */
export function chooseRange(histogram: Histogram, method: RangeMethod): ValueRange {
  const whole = { min: Math.min(0, histogram.min), max: Math.max(0, histogram.max) };
  switch (method) {
    case 'min-max':
      return whole;
    case 'percentile':
      return percentile(histogram, whole);
    case 'mse':
      return leastSquares(histogram, whole);
  }
}

function percentile(histogram: Histogram, whole: ValueRange): ValueRange {
  const entries = [...histogram.entries()];
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const firstBeyond = (ordered: readonly (readonly [number, number])[]): number => {
    let seen = 0;
    for (const [value, count] of ordered) {
      seen += count;
      if (seen > leftOut * total) return value;
    }
    return 0;
  };
  const [low, high] = [firstBeyond(entries), firstBeyond([...entries].reverse())];
  return { min: Math.max(whole.min, Math.min(0, low)), max: Math.min(whole.max, Math.max(0, high)) };
}

/** Rounding to 255 steps inside, cutting off outside: the share of the range whose squared error is least in sum. */
function leastSquares(histogram: Histogram, whole: ValueRange): ValueRange {
  const entries = [...histogram.entries()];
  let [best, least] = [whole, Infinity];
  for (const share of shares) {
    const range = { min: whole.min * share, max: whole.max * share };
    const step = (range.max - range.min) / levels;
    const rounding = (step * step) / 12; // the variance of a uniform error
    let error = 0;
    for (const [value, count] of entries) {
      const beyond = Math.max(0, range.min - value, value - range.max);
      error += count * (beyond === 0 ? rounding : beyond * beyond);
    }
    if (error < least) [best, least] = [range, error];
  }
  return best;
}
