import { BrinkError } from '../errors/brink-error.js';
import type { Clock } from './clock.js';

/**
 * The time by which a request must be answered. On the wire it is always relative (`x-brink-timeout-ms`) and is
 * computed anew at each hop, because no two machines agree on the time.
 */
export class Deadline {
  readonly budgetMs: number;
  readonly #clock: Clock;
  readonly #startedAt: number;

  constructor(clock: Clock, budgetMs: number, startedAt = clock.now()) {
    this.#clock = clock;
    this.#startedAt = startedAt;
    this.budgetMs = budgetMs;
  }

  /** The same start with a budget of at most `budgetMs`. */
  atMost(budgetMs: number): Deadline {
    return budgetMs >= this.budgetMs ? this : new Deadline(this.#clock, budgetMs, this.#startedAt);
  }

  /** A deadline of at most `budgetMs` from now, and no later than this one. */
  fromNow(budgetMs: number): Deadline {
    return budgetMs >= this.leftMs() ? this : new Deadline(this.#clock, budgetMs);
  }

  /** Milliseconds left; never negative. */
  leftMs(): number {
    return Math.max(0, this.#startedAt + this.budgetMs - this.#clock.now());
  }

  get passed(): boolean {
    return this.leftMs() <= 0;
  }

  /** Throws `deadline-exceeded` when no time is left. `doing` completes "… while <doing>". */
  check(doing: string): void {
    if (this.passed) throw this.exceeded(doing);
  }

  exceeded(doing: string): BrinkError {
    return new BrinkError('deadline-exceeded', `the deadline of ${this.budgetMs} ms passed while ${doing}`);
  }

  /**
   * `work`, or `deadline-exceeded` if it takes longer than is left (and no longer than `maxMs`). The work itself is not
   * stopped, only no longer waited for: pass `signal` on to what can be.
   */
  async bound<T>(work: Promise<T>, doing: string, maxMs = Infinity): Promise<T> {
    const waitMs = Math.min(this.leftMs(), maxMs);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.exceeded(doing)), waitMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined); // the loser of the race may still reject: nobody is left to hear it
    }
  }
}
