import { trimOldest } from '../collections/trim-oldest.js';
import type { Clock, Random } from '../time/clock.js';
import { Breaker } from './breaker.js';

const breakersMax = 512;

/** Breakers by key, made as they are asked for. Bounded: the one that was made first goes first, which closes it. */
export class Breakers {
  readonly #byKey = new Map<string, Breaker>();
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  of(key: string): Breaker {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const breaker = new Breaker(this.#clock, this.#random);
    this.#byKey.set(key, breaker);
    trimOldest(this.#byKey, breakersMax);
    return breaker;
  }
}
