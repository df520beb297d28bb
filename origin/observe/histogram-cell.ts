/** A histogram of one set of labels. `bounds` are the upper bounds of its buckets, rising; what is above all is counted too. */
export class HistogramCell {
  readonly bounds: readonly number[];
  /** Not cumulative; the last is what is above all bounds. */
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** What is not a number, or below 0 because a clock was set back, counts as 0: a sum that is NaN never recovers. */
  observe(value: number): void {
    const sound = value > 0 && value < Infinity ? value : 0;
    let bucket = 0;
    while (bucket < this.bounds.length && sound > (this.bounds[bucket] ?? 0)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += sound;
    this.count += 1;
  }
}
