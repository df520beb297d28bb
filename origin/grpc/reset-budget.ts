import type { Clock } from '../../shared/time/clock.js';

export interface ResetLimits {
  /** Calls that a connection may reset at once, and how many more each second. */
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
}

/**
 * How many calls a connection may still reset: opening and resetting costs a client nothing and the server a call each
 * (CVE-2023-44487). A bucket that fills by the second.
 */
export class ResetBudget {
  readonly #limits: ResetLimits;
  readonly #clock: Clock;
  #left: number;
  #at: number;

  constructor(limits: ResetLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#left = limits.resetBurst;
    this.#at = clock.now();
  }

  /** Takes one; false when there was none left. */
  take(): boolean {
    const now = this.#clock.now();
    const gained = (Math.max(0, now - this.#at) / 1_000) * this.#limits.resetsPerSecond;
    this.#left = Math.min(this.#limits.resetBurst, this.#left + gained);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
