/**
 * Moments of Poisson arrivals, in ms from the start: exponential gaps of mean 1000 / `ratePerS`. The same numbers by
 * chance, the same moments.
 */
export class Arrivals {
  readonly #meanGapMs: number;
  readonly #random: () => number;
  #nextMs = 0;

  constructor(ratePerS: number, random: () => number) {
    this.#meanGapMs = 1_000 / ratePerS;
    this.#random = random;
  }

  next(): number {
    // 1 − random is in (0, 1]: the logarithm is finite
    this.#nextMs += -Math.log(1 - this.#random()) * this.#meanGapMs;
    return this.#nextMs;
  }
}
