export interface ConcurrencyBounds {
  /** Never less than this is let in at once, however slow it is. */
  readonly min: number;
  /** Never more. */
  readonly max: number;
  /** At the start, before anything was measured. */
  readonly initial: number;
}

export const defaultConcurrencyBounds: ConcurrencyBounds = { min: 4, max: 4_096, initial: 32 };

/** One answered request. */
export interface LatencySample {
  /** From the door to the answer. */
  readonly latencyMs: number;
  /** How much was in flight when it was let in, itself included. */
  readonly inFlight: number;
}

/** How much slower than usual answers may become before fewer requests are let in. */
export const latencyTolerance = 1.5;
/** Usual latency is never taken to be more than so many times that of requests that found hardly anyone before them. */
export const usualToUncontendedMax = 3;
/** One step of the limit, at most this part of itself downwards. */
const gradientMin = 0.5;
const smoothing = 0.5;
/** Samples in a window: as many as the limit, so that each step can show before the next, but at least and at most: */
const windowSamplesMin = 10;
const windowSamplesMax = 500;
/** Samples that an average remembers. */
const memorySamples = 100;
const dropFactor = 0.9;

/**
 * How many requests of one version may be in flight, queue included, learned from how long they take (as the "gradient"
 * of Netflix's concurrency-limits does): as long as answers take what they usually take, the limit grows by the square
 * root of itself, which is the queue that is allowed; when they become slower, it shrinks in proportion.
 *
 * Two things are different here. What is usual is learned only while less than half of the limit is in use, and the
 * limit moves only while more is: an overload can not become the usual by lasting. And with batches latency steps up
 * with the load without any harm, so the limit has a floor that keeps all instances busy with full batches.
 */
export class ConcurrencyLimit {
  readonly #bounds: ConcurrencyBounds;
  #limit: number;
  #floor: number;
  #usualMs: number | undefined;
  #uncontendedMs: number | undefined;
  #window = newWindow();

  constructor(bounds: Partial<ConcurrencyBounds> = {}) {
    this.#bounds = { ...defaultConcurrencyBounds, ...bounds };
    this.#floor = this.#bounds.min;
    this.#limit = this.#bounded(this.#bounds.initial);
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Twice what all instances run at once: a full batch each, and the next one waiting. May be lowered again. */
  raiseFloor(inFlight: number): void {
    this.#floor = Math.max(this.#bounds.min, inFlight);
    this.#limit = this.#bounded(this.#limit);
  }

  sample({ latencyMs, inFlight }: LatencySample): void {
    if (!(latencyMs >= 0)) return;
    if (inFlight <= Math.max(1, this.#floor / 2)) {
      this.#uncontendedMs = averaged(this.#uncontendedMs, latencyMs);
    }
    if (inFlight < this.#limit / 2) this.#usualMs = averaged(this.#usualMs, latencyMs);
    const window = this.#window;
    window.samples++;
    window.sumMs += latencyMs;
    window.inFlightMax = Math.max(window.inFlightMax, inFlight);
    const samplesNeeded = Math.min(windowSamplesMax, Math.max(windowSamplesMin, this.#limit));
    if (window.samples >= samplesNeeded) this.#step();
  }

  /** A request that was let in ran out of time, or its run did: at most one step down for each window. */
  dropped(): void {
    if (this.#window.dropped) return;
    this.#window.dropped = true;
    this.#limit = this.#bounded(this.#limit * dropFactor);
  }

  #step(): void {
    const { sumMs, samples, inFlightMax, dropped } = this.#window;
    this.#window = newWindow();
    const recentMs = sumMs / samples;
    const usualMs = this.#usual(recentMs);
    if (inFlightMax < this.#limit / 2 || recentMs <= 0) return;
    const gradient = Math.min(1, Math.max(gradientMin, (latencyTolerance * usualMs) / recentMs));
    const next = this.#limit * gradient + Math.sqrt(this.#limit);
    if (next > this.#limit && dropped) return;
    this.#limit = this.#bounded(this.#limit + smoothing * (next - this.#limit));
  }

  /** Falls fast when answers have become much faster, so that it does not take a slow day for usual. */
  #usual(recentMs: number): number {
    const usualMs = Math.min(this.#usualMs ?? recentMs, usualToUncontendedMax * (this.#uncontendedMs ?? Infinity));
    this.#usualMs = usualMs > 2 * recentMs ? (usualMs + recentMs) / 2 : usualMs;
    return this.#usualMs;
  }

  #bounded(limit: number): number {
    return Math.min(Math.max(limit, this.#floor), Math.max(this.#bounds.max, this.#floor));
  }
}

function newWindow(): { samples: number; sumMs: number; inFlightMax: number; dropped: boolean } {
  return { samples: 0, sumMs: 0, inFlightMax: 0, dropped: false };
}

function averaged(average: number | undefined, next: number): number {
  return average === undefined ? next : average + (next - average) / memorySamples;
}
