import { trimOldest } from '../../shared/collections/trim-oldest.js';
import { type Measurements, measurementsBytesMax, measurementsSchema } from '../../shared/measure/measurements.js';
import { NegativeCache } from '../../shared/release/negative-cache.js';
import type { Clock } from '../../shared/time/clock.js';
import { measurementsKey } from '../artifact-keys.js';

/** What the plan takes from what was measured where a version was published. */
export interface PlanFigures {
  readonly loadMs: number;
  /** All graphs, once each. */
  readonly runP50Ms: number;
  readonly runP95Ms: number;
}

export const figuresMax = 512;
/** What is not there, or could not be read, is not asked for again for this long: it may be measured after publishing. */
export const askAgainMs = 30_000;

interface Parts {
  readonly bucket: Pick<R2Bucket, 'get'>;
  readonly clock: Clock;
  readonly background: (work: Promise<unknown>) => void;
}

/**
 * Figures of versions by digest, read from R2 in the background when they are first asked for: the first request never
 * waits. Fails open: without figures the plan guesses, as it does for a version that was never measured.
 */
export class MeasuredFigures {
  readonly #parts: Parts;
  readonly #held = new Map<string, PlanFigures>();
  /** Asked for not long ago, answered or not: a read whose request was ended is never heard of again. */
  readonly #asked: NegativeCache;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#asked = new NegativeCache(parts.clock, askAgainMs, figuresMax);
  }

  of(digest: string): PlanFigures | undefined {
    const held = this.#held.get(digest);
    if (held === undefined && !this.#asked.has(digest)) {
      this.#asked.add(digest);
      this.#parts.background(this.#read(digest));
    }
    return held;
  }

  async #read(digest: string): Promise<void> {
    const object = await this.#parts.bucket.get(measurementsKey(digest));
    if (object === null || object.size > measurementsBytesMax) return;
    const parsed = measurementsSchema.safeParse(await object.json());
    const figures = parsed.success && parsed.data.digest === digest ? planFigures(parsed.data) : undefined;
    if (figures === undefined) return;
    this.#held.set(digest, figures);
    trimOldest(this.#held, figuresMax);
  }
}

/** Undefined where nothing was measured at the edge. */
export function planFigures({ edge, isolate }: Measurements): PlanFigures | undefined {
  if (edge === null || isolate === null) return undefined;
  const graphs = Object.values(edge);
  const sum = (of: (graph: (typeof graphs)[number]) => number): number =>
    graphs.reduce((all, graph) => all + of(graph), 0);
  return {
    loadMs: isolate.startMs + sum(({ createMs, firstRunMs }) => createMs + firstRunMs),
    runP50Ms: sum(({ runP50Ms }) => runP50Ms),
    runP95Ms: sum(({ runP95Ms }) => runP95Ms),
  };
}
