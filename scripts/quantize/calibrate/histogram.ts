const bins = 4096;

/**
 * How often values of a tensor were seen, in bins of equal width over [−reach, reach); the reach doubles, and bins are
 * joined by twos, whenever a value is beyond it. Holds the true minimum and maximum beside.
 */
export class Histogram {
  min = Infinity;
  max = -Infinity;
  #reach = 0;
  #counts = new Float64Array(bins);

  /** Throws RangeError for a value that is not finite. */
  add(values: Iterable<number>): void {
    let [min, max] = [this.min, this.max];
    for (const value of values) {
      if (!Number.isFinite(value)) throw new RangeError(`expected finite values, got ${value}`);
      if (value < min) min = value;
      if (value > max) max = value;
    }
    [this.min, this.max] = [min, max];
    this.#reachTo(Math.max(Math.abs(min), Math.abs(max)));
    if (this.#reach === 0) return;
    const scale = bins / (2 * this.#reach);
    for (const value of values) {
      const bin = Math.min(bins - 1, Math.floor((value + this.#reach) * scale));
      this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
    }
  }

  /** The middle of each bin that holds something, ascending, and how much it holds. */
  *entries(): Generator<readonly [value: number, count: number]> {
    const width = (2 * this.#reach) / bins;
    for (let bin = 0; bin < bins; bin += 1) {
      const count = this.#counts[bin] ?? 0;
      if (count > 0) yield [-this.#reach + (bin + 0.5) * width, count];
    }
  }

  #reachTo(largest: number): void {
    if (!(largest > this.#reach)) return;
    if (this.#reach === 0) this.#reach = largest;
    while (this.#reach < largest) {
      const joined = new Float64Array(bins);
      for (let bin = 0; bin < bins; bin += 1) {
        const to = (bin >> 1) + bins / 4;
        joined[to] = (joined[to] ?? 0) + (this.#counts[bin] ?? 0);
      }
      this.#counts = joined;
      this.#reach *= 2;
    }
  }
}
