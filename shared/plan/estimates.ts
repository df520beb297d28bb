import { trimOldest } from '../collections/trim-oldest.js';

/** Weight of a new observation: about the last ten count. */
const alpha = 0.2;
const keysMax = 1_024;

/** Exponentially weighted means of observed durations, by key. Bounded; a restart begins anew. */
export class Estimates {
  readonly #means = new Map<string, number>();

  observe(key: string, ms: number): void {
    const mean = this.#means.get(key);
    this.#means.set(key, mean === undefined ? ms : mean + alpha * (ms - mean));
    trimOldest(this.#means, keysMax);
  }

  /** The mean in milliseconds, or undefined where nothing has been seen. */
  expected(key: string): number | undefined {
    return this.#means.get(key);
  }
}
