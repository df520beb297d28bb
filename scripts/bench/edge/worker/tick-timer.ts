export interface Timing<T> {
  readonly value: T;
  readonly ms: number;
  /** False: a tick that was needed was missed (this thread did not run at that moment), and `ms` is the clock's own. */
  readonly exact: boolean;
}

interface Edge {
  /** The clock's time right after it moved. */
  readonly at: number;
  /** How often it was looked at before it moved. */
  readonly looks: number;
  readonly movedMs: number;
}

const calibrationsMax = 20;

/**
 * Times work to some microseconds by a clock that moves in whole milliseconds, as that of workerd does. Work begins at a
 * tick; after it, looks at the clock are counted until the next tick, and how many looks a millisecond has was counted
 * just before the work.
 */
export class TickTimer {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async time<T>(work: () => Promise<T>): Promise<Timing<T>> {
    const start = this.#calibrate();
    const value = await work();
    const end = this.#nextEdge();
    const exact = start.movedMs === 1 && end.movedMs === 1;
    const tailMs = exact ? Math.min(1, end.looks / start.looks) : end.movedMs;
    return { value, ms: Math.max(0, end.at - start.at - tailMs), exact };
  }

  /** Looks at the clock for so many ticks: a look gets quicker while its code is compiled. */
  warmUp(ticks: number): void {
    for (let tick = 0; tick < ticks; tick += 1) this.#nextEdge();
  }

  #calibrate(): Edge {
    let edge = this.#nextEdge();
    for (let tried = 0; tried < calibrationsMax; tried += 1) {
      edge = this.#nextEdge();
      if (edge.movedMs === 1) break;
    }
    return edge;
  }

  #nextEdge(): Edge {
    const from = this.#now();
    let at = from;
    let looks = 0;
    while (at === from) {
      at = this.#now();
      looks += 1;
    }
    return { at, looks, movedMs: at - from };
  }
}
