import type { StatisticDuration } from '../../shared/protocol/serving-messages.js';

const nsPerMs = 1e6;

/** How often something happened, and how long that took together. */
export class DurationSum {
  #count = 0;
  #ms = 0;

  add(ms: number): void {
    this.#count += 1;
    if (ms > 0 && ms < Infinity) this.#ms += ms;
  }

  value(): StatisticDuration {
    return { count: this.#count, ns: Math.round(this.#ms * nsPerMs) };
  }
}
