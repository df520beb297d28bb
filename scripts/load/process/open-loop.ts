import type { Arrivals } from '../arrivals.js';

/** Calls back at a moment; one at a time. */
export interface Alarm {
  /** `wake` is called at `atMs` of the run's clock, or soon after. */
  at(atMs: number, wake: () => void): void;
  cancel(): void;
}

export interface OpenLoopParts {
  readonly now: () => number;
  readonly alarm: Alarm;
  /** Moments from the start. */
  readonly arrivals: Pick<Arrivals, 'next'>;
  /** Whether a connection is free. */
  readonly hasFree: () => boolean;
  /** Sends one that was due at `dueMs`. */
  readonly send: (dueMs: number, late: boolean) => void;
  /** One that was due at `dueMs` and will not be sent. */
  readonly unsent: (dueMs: number) => void;
  readonly lateAfterMs: number;
}

/** Sends on a schedule, whatever becomes of what was sent. */
export class OpenLoop {
  readonly #parts: OpenLoopParts;
  readonly #startMs: number;
  readonly #endMs: number;
  /** Due, and waiting for a connection; from `#waitingFrom` on. */
  #waiting: number[] = [];
  #waitingFrom = 0;
  #nextMs: number;
  #ended = false;

  constructor(parts: OpenLoopParts, startMs: number, endMs: number) {
    this.#parts = parts;
    this.#startMs = startMs;
    this.#endMs = endMs;
    this.#nextMs = startMs + parts.arrivals.next();
  }

  start(): void {
    this.#wake();
  }

  /** A connection has become free: what has waited longest goes first. */
  onFree(): void {
    if (this.#ended) return;
    while (this.#waitingFrom < this.#waiting.length && this.#parts.hasFree()) {
      const dueMs = this.#waiting[this.#waitingFrom] ?? this.#startMs;
      this.#waitingFrom += 1;
      this.#send(dueMs);
    }
    if (this.#waitingFrom < this.#waiting.length) return;
    this.#waiting = [];
    this.#waitingFrom = 0;
  }

  /** What is due by now is sent, and nothing after it; what waits for a connection still is told as unsent. */
  end(): void {
    if (this.#ended) return;
    this.#sendDue();
    this.#ended = true;
    this.#parts.alarm.cancel();
    for (const dueMs of this.#waiting.slice(this.#waitingFrom)) this.#parts.unsent(dueMs);
    this.#waiting = [];
  }

  readonly #wake = (): void => {
    if (this.#ended) return;
    this.#sendDue();
    if (this.#nextMs < this.#endMs) this.#parts.alarm.at(this.#nextMs, this.#wake);
  };

  #sendDue(): void {
    while (this.#nextMs <= this.#parts.now() && this.#nextMs < this.#endMs) {
      this.#waiting.push(this.#nextMs);
      this.#nextMs = this.#startMs + this.#parts.arrivals.next();
      this.onFree();
    }
  }

  #send(dueMs: number): void {
    this.#parts.send(dueMs, this.#parts.now() - dueMs > this.#parts.lateAfterMs);
  }
}
