import { GrowingFigures } from './growing-figures.js';
import type { Outcome, Verdict } from './load-connection.js';

/** The measured time, on the run's clock. */
export interface MeasuredTime {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Good answers that came in a third of the measured time. */
export interface WindowRecord {
  readonly latencies: GrowingFigures;
  /** Open loop: what was due in it; closed: what was sent. */
  due: number;
}

/** Different kinds of outcomes and servers that are told apart. */
const namesMax = 32;

/** Takes down how every request ended. Counts are of requests sent in the measured time, rates of answers that came in it. */
export class Recorder {
  readonly counts: Record<Verdict, number> = { answered: 0, refused: 0, failed: 0, wrong: 0, timedOut: 0 };
  readonly kinds = new Map<string, number>();
  readonly servedBy = new Map<string, number>();
  readonly latencies = new GrowingFigures();
  readonly refusedLatencies = new GrowingFigures();
  readonly windows: readonly [WindowRecord, WindowRecord, WindowRecord] = [emptyWindow(), emptyWindow(), emptyWindow()];
  sent = 0;
  late = 0;
  unsent = 0;
  withoutRetryAfter = 0;
  /** Good answers within the bound: of those sent in the measured time, and of those that came in it. */
  sentWithinBound = 0;
  cameWithinBound = 0;
  readonly #time: MeasuredTime;
  readonly #latencyBoundMs: number;

  constructor(time: MeasuredTime, latencyBoundMs = Infinity) {
    this.#time = time;
    this.#latencyBoundMs = latencyBoundMs;
  }

  /** A request is sent whose latency counts from `fromMs`. Answers whether it counts. */
  onSent(fromMs: number, late: boolean): boolean {
    const window = this.#windowAt(fromMs);
    if (window === undefined) return false;
    window.due += 1;
    this.sent += 1;
    if (late) this.late += 1;
    return true;
  }

  /** A request was due, and no connection was free until the end. */
  onUnsent(dueMs: number): void {
    const window = this.#windowAt(dueMs);
    if (window === undefined) return;
    window.due += 1;
    this.unsent += 1;
  }

  onSettled(outcome: Outcome, fromMs: number, atMs: number, counts: boolean): void {
    const latencyMs = atMs - fromMs;
    if (outcome.verdict === 'answered') this.#onCame(latencyMs, atMs);
    if (!counts) return;
    this.counts[outcome.verdict] += 1;
    increment(this.kinds, outcome.kind);
    if (outcome.verdict === 'answered') {
      this.latencies.push(latencyMs);
      increment(this.servedBy, outcome.servedBy ?? '?');
      if (latencyMs <= this.#latencyBoundMs) this.sentWithinBound += 1;
    } else if (outcome.verdict === 'refused') {
      this.refusedLatencies.push(latencyMs);
      if (outcome.hasRetryAfter !== true) this.withoutRetryAfter += 1;
    }
  }

  #onCame(latencyMs: number, atMs: number): void {
    const window = this.#windowAt(atMs);
    if (window === undefined) return;
    window.latencies.push(latencyMs);
    if (latencyMs <= this.#latencyBoundMs) this.cameWithinBound += 1;
  }

  #windowAt(ms: number): WindowRecord | undefined {
    const { fromMs, toMs } = this.#time;
    if (ms < fromMs || ms >= toMs) return undefined;
    return this.windows[Math.min(2, Math.floor((3 * (ms - fromMs)) / (toMs - fromMs)))];
  }
}

const emptyWindow = (): WindowRecord => ({ latencies: new GrowingFigures(), due: 0 });

function increment(counts: Map<string, number>, name: string): void {
  const known = counts.has(name) || counts.size < namesMax ? name : 'others';
  counts.set(known, (counts.get(known) ?? 0) + 1);
}
