import type { Clock } from '../../shared/time/clock.js';
import type { Deadline } from '../../shared/time/deadline.js';
import { within } from '../within.js';

export interface LoadGateOptions {
  /** Loads at once. */
  readonly loadsMax: number;
  /** A load that has not ended by then never will: its request was ended. */
  readonly loadMsMax: number;
  readonly clock: Clock;
}

interface Place {
  readonly since: number;
}

/**
 * Lets in so many loads at once: each holds weights twice while it lasts.
 *
 * A place is not handed from one load to the next, because a request that was ended takes nothing and hands on nothing:
 * whoever leaves wakes all who wait, and each looks for himself, in the order of arrival. A place whose holder was ended
 * falls free when no load that began then could still be going on.
 */
export class LoadGate {
  readonly #options: LoadGateOptions;
  readonly #inside = new Set<Place>();
  readonly #waiting = new Set<() => void>();

  constructor(options: LoadGateOptions) {
    this.#options = options;
  }

  /** Runs `load` when it may begin. Throws `deadline-exceeded` when that is too late; nothing has begun then. */
  async run<T>(deadline: Deadline, load: () => Promise<T>): Promise<T> {
    let place = this.#enter();
    while (place === undefined) {
      deadline.check('other models were loaded at the edge');
      await this.#woken(Math.min(this.#freeInMs(), deadline.leftMs()));
      place = this.#enter();
    }
    try {
      return await load();
    } finally {
      this.#inside.delete(place);
      for (const wake of this.#waiting) wake();
    }
  }

  #enter(): Place | undefined {
    const { clock, loadsMax, loadMsMax } = this.#options;
    for (const place of this.#inside) if (clock.now() - place.since >= loadMsMax) this.#inside.delete(place);
    if (this.#inside.size >= loadsMax) return undefined;
    const place = { since: clock.now() };
    this.#inside.add(place);
    return place;
  }

  /** Until the next place falls free by itself. */
  #freeInMs(): number {
    const { clock, loadMsMax } = this.#options;
    const first = Math.min(...[...this.#inside].map(({ since }) => since));
    return Math.max(1, first + loadMsMax - clock.now());
  }

  /** Resolves when somebody has left, or after `ms`. */
  async #woken(ms: number): Promise<void> {
    let wake = (): void => undefined;
    const left = new Promise<void>((resolve) => (wake = resolve));
    this.#waiting.add(wake);
    try {
      await within(ms, left);
    } catch {
      // nobody has: time has passed
    } finally {
      this.#waiting.delete(wake);
    }
  }
}
