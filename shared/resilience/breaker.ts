import type { Clock, Random } from '../time/clock.js';

/** A simple circuit breaker, first form: consecutive failures open it. (The full one is an issue of its own.) */
export type BreakerState =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly until: number; readonly openings: number }
  | { readonly state: 'half-open'; readonly probeAt: number; readonly openings: number };

export interface BreakerOptions {
  readonly failuresMax: number;
  /** How long the target is left alone after the first opening; doubles with each further one, up to `openMsMax`. */
  readonly openMs: number;
  readonly openMsMax: number;
  /** A probe that never reports back is given up after this long. */
  readonly probeMsMax: number;
}

export const defaultBreaker: BreakerOptions = { failuresMax: 5, openMs: 2_000, openMsMax: 30_000, probeMsMax: 15_000 };

export class Breaker {
  #state: BreakerState = { state: 'closed', failures: 0 };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: BreakerOptions;

  constructor(clock: Clock, random: Random, options: BreakerOptions = defaultBreaker) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether a call would be allowed now. Changes nothing: for planning. */
  get wouldAllow(): boolean {
    const now = this.#clock.now();
    switch (this.#state.state) {
      case 'closed':
        return true;
      case 'open':
        return now >= this.#state.until;
      case 'half-open':
        return now >= this.#state.probeAt + this.#options.probeMsMax;
    }
  }

  /** How long until a call may be allowed; 0 when it is. For `retry-after`. */
  get allowedInMs(): number {
    const now = this.#clock.now();
    switch (this.#state.state) {
      case 'closed':
        return 0;
      case 'open':
        return Math.max(0, this.#state.until - now);
      case 'half-open':
        return Math.max(0, this.#state.probeAt + this.#options.probeMsMax - now);
    }
  }

  /** Takes leave to make a call; each `true` must be followed by `succeeded`, `failed` or `abandoned`. */
  tryAcquire(): boolean {
    if (!this.wouldAllow) return false;
    if (this.#state.state === 'closed') return true;
    this.#state = { state: 'half-open', probeAt: this.#clock.now(), openings: this.#state.openings };
    return true;
  }

  succeeded(): void {
    this.#state = { state: 'closed', failures: 0 };
  }

  failed(): void {
    switch (this.#state.state) {
      case 'closed': {
        const failures = this.#state.failures + 1;
        if (failures >= this.#options.failuresMax) this.#open(1);
        else this.#state = { state: 'closed', failures };
        return;
      }
      case 'half-open': {
        this.#open(this.#state.openings + 1);
        return;
      }
      case 'open':
        return; // a straggler from before it opened
    }
  }

  /** The call ended without saying anything about the target (the caller's fault, or the caller left). */
  abandoned(): void {
    if (this.#state.state === 'half-open') {
      this.#state = { state: 'open', until: this.#clock.now(), openings: this.#state.openings };
    }
  }

  #open(openings: number): void {
    const { openMs, openMsMax } = this.#options;
    const spreadMs = Math.min(openMsMax, openMs * 2 ** (openings - 1)) * (0.75 + 0.5 * this.#random());
    this.#state = { state: 'open', until: this.#clock.now() + spreadMs, openings };
  }
}
