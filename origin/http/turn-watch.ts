export interface TurnWatchParts {
  /** Milliseconds, monotonic. */
  readonly ticks: () => number;
  /** Calls back when the event loop has handled everything that was ready in this turn. */
  readonly atTurnEnd: (then: () => void) => void;
}

/**
 * How long the event loop has been at the requests that were ready when it looked last. What comes late in a long turn has
 * waited all that time, in the system's buffers where no queue of ours sees it.
 */
export class TurnWatch {
  readonly #parts: TurnWatchParts;
  #beganAt: number | undefined;

  constructor(parts: Partial<TurnWatchParts> = {}) {
    this.#parts = { ticks: () => performance.now(), atTurnEnd: (then) => void setImmediate(then), ...parts };
  }

  /** Milliseconds since the first request of this turn, which this may be. */
  elapsedMs(): number {
    const now = this.#parts.ticks();
    if (this.#beganAt !== undefined) return now - this.#beganAt;
    this.#beganAt = now;
    this.#parts.atTurnEnd(() => (this.#beganAt = undefined));
    return 0;
  }
}
