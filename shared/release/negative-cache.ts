import { trimOldest } from '../collections/trim-oldest.js';
import type { Clock } from '../time/clock.js';

/** Names that were not there a moment ago: bounded, so that a scan of names costs neither memory nor questions. */
export class NegativeCache {
  readonly #until = new Map<string, number>();
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #entriesMax: number;

  constructor(clock: Clock, ttlMs: number, entriesMax: number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#entriesMax = entriesMax;
  }

  has(name: string): boolean {
    const until = this.#until.get(name);
    if (until === undefined) return false;
    if (this.#clock.now() < until) return true;
    this.#until.delete(name);
    return false;
  }

  add(name: string): void {
    this.#until.delete(name); // re-inserted at the end: the map is in order of age
    this.#until.set(name, this.#clock.now() + this.#ttlMs);
    trimOldest(this.#until, this.#entriesMax);
  }
}
