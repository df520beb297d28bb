/**
 * One piece of work per key, shared by all who ask, and its result kept. A piece that fails is forgotten, so that the
 * next who asks starts anew. Bounded by the number of keys that the releases name.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  run(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#flights.get(key);
    if (known !== undefined) return known;
    const flight = work().catch((error: unknown) => {
      this.#flights.delete(key);
      throw error;
    });
    this.#flights.set(key, flight);
    return flight;
  }

  forget(key: string): void {
    this.#flights.delete(key);
  }
}
