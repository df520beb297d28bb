import { performance } from 'node:perf_hooks';
import type { HistogramCell } from './histogram-cell.js';

/** Between two looks: a blocked event loop is seen if it is blocked for longer than a part of this. */
const everyMs = 20;
const windowMs = 30_000;

/**
 * How late the event loop runs its timers, as a histogram: it adds up over servers and needs no reset at a scrape,
 * which `perf_hooks.monitorEventLoopDelay` does (whose figures also contain its own interval).
 */
export class EventLoopDelay {
  readonly #cell: HistogramCell;
  readonly #nowMs: () => number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lastAt: number;
  #windowSince: number;
  #maxMs = 0;
  #maxBeforeMs = 0;

  /** `nowMs` is monotonic. */
  constructor(cell: HistogramCell, nowMs: () => number = () => performance.now()) {
    this.#cell = cell;
    this.#nowMs = nowMs;
    this.#lastAt = nowMs();
    this.#windowSince = this.#lastAt;
  }

  start(): void {
    this.#lastAt = this.#nowMs();
    this.#timer ??= setInterval(() => this.look(), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** What the timer does: measures how much later than due it was called. */
  look(): void {
    const now = this.#nowMs();
    const delayMs = Math.max(0, now - this.#lastAt - everyMs);
    this.#lastAt = now;
    this.#cell.observe(delayMs / 1_000);
    this.#turn(now);
    this.#maxMs = Math.max(this.#maxMs, delayMs);
  }

  /** Of the last half to whole minute, however many ask. */
  recentMaxMs(): number {
    return Math.max(this.#maxMs, this.#maxBeforeMs);
  }

  #turn(now: number): void {
    if (now - this.#windowSince < windowMs) return;
    this.#maxBeforeMs = this.#maxMs;
    this.#maxMs = 0;
    this.#windowSince = now;
  }
}
