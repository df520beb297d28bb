/** The last `max` numbers that were noted, and their median. */
export class RecentMedian {
  readonly #max: number;
  readonly #values: number[] = [];
  #next = 0;
  #median: number | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#values.length;
  }

  note(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#max;
    this.#median = undefined;
  }

  /** Of an even count the lower of the two in the middle; undefined without any. */
  get median(): number | undefined {
    this.#median ??= this.#values.toSorted((a, b) => a - b)[(this.#values.length - 1) >> 1];
    return this.#median;
  }
}
