import type { Clock } from '../../shared/time/clock.js';
import { within } from '../within.js';

interface Flight<T> {
  readonly promise: Promise<T>;
  readonly since: number;
}

/**
 * One read per key at a time, shared by all who ask meanwhile. It runs in the request of the first; if that is ended,
 * the read is never settled, so the others wait no longer than a read may take, and then read for themselves.
 */
export class BlobFlights<T> {
  readonly #clock: Clock;
  readonly #flightMsMax: number;
  readonly #flights = new Map<string, Flight<T>>();

  constructor(clock: Clock, flightMsMax: number) {
    this.#clock = clock;
    this.#flightMsMax = flightMsMax;
  }

  async run(key: string, read: () => Promise<T>): Promise<T> {
    const flight = this.#flights.get(key);
    if (flight === undefined) return this.#begin(key, read);
    const leftMs = flight.since + this.#flightMsMax - this.#clock.now();
    if (leftMs > 0) {
      const settled = flight.promise.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      const outcome = await within(leftMs, settled).catch(() => undefined);
      if (outcome !== undefined && 'value' in outcome) return outcome.value;
      if (outcome !== undefined) throw outcome.error;
    }
    if (this.#flights.get(key) === flight) return this.#begin(key, read);
    return this.run(key, read); // another of those who waited has begun it anew
  }

  async #begin(key: string, read: () => Promise<T>): Promise<T> {
    const flight = { promise: read(), since: this.#clock.now() };
    this.#flights.set(key, flight);
    try {
      return await flight.promise;
    } finally {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    }
  }
}
