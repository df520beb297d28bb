/** The last `max` numbers that were noted, and their median. */
export class RecentMedian {
  readonly #max: number;
  /** In the order of arrival, from `#next` on around. */
  readonly #values: number[] = [];
  readonly #sorted: number[] = [];
  #next = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#values.length;
  }

  note(value: number): void {
    const oldest = this.#values[this.#next];
    if (oldest !== undefined) this.#sorted.splice(this.#placeOf(oldest), 1);
    this.#sorted.splice(this.#placeOf(value), 0, value);
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#max;
  }

  /** Of an even count the lower of the two in the middle; undefined without any. */
  get median(): number | undefined {
    return this.#sorted[(this.#sorted.length - 1) >> 1];
  }

  /** Of the first that is not smaller. */
  #placeOf(value: number): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
