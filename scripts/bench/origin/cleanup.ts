/** What was started, to be ended in the opposite order, whatever happened in between. */
export class Cleanup {
  readonly #ends: (() => Promise<void>)[] = [];

  /** Remembers how to end what was just started, and hands it on. */
  add<Started>(started: Started, end: (started: Started) => Promise<void>): Started {
    this.#ends.unshift(() => end(started));
    return started;
  }

  async all(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end().catch(() => undefined); // the others are to end as well
  }
}
