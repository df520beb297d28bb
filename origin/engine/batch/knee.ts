import { RecentMedian } from './recent-median.js';

/** How much worse than the best time per row the knee may be. */
export const kneeTolerance = 0.05;
/** How far from that tolerance a time must be before the knee moves: measurements are noisy. */
const hysteresis = 0.025;
/** Runs of about a size before it is taken as known. */
export const runsToKnow = 5;
/** Runs of about a size that are remembered. */
const runsRemembered = 21;
/** Runs after which what lies above the knee is forgotten, and so tried again: other times may have come. */
export const forgetEveryRuns = 1_024;

/**
 * Finds the knee: the smallest batch whose time per row is within 5 % of the best. Batches are judged on a ladder of
 * powers of two, each by the median of recent runs of about its size. It climbs from the smallest that is known, one
 * rung at a time, as long as none is worse than the best by more than 5 %.
 */
export class Knee {
  /** Milliseconds per row by the logarithm of the size. */
  readonly #rungs = new Map<number, RecentMedian>();
  #runs = 0;
  #knee = 0;

  observe(rows: number, ms: number): void {
    const at = rungOf(rows);
    const rung = this.#rungs.get(at) ?? new RecentMedian(runsRemembered);
    rung.note(ms / rows);
    this.#rungs.set(at, rung);
    this.#runs++;
    this.#move();
    if (this.#runs % forgetEveryRuns !== 0) return;
    for (const one of this.#rungs.keys()) if (one > this.#knee) this.#rungs.delete(one);
  }

  /** The most rows that a batch should have: the knee, or the next rung of the climb. At most `maxBatch`. */
  rowsLimit(maxBatch: number): number {
    const top = rungOf(maxBatch);
    const rung = this.#climb(top).next ?? this.#knee;
    return rung >= top ? maxBatch : 2 ** rung;
  }

  /** The rungs of the climb, and the next one if it goes on. */
  #climb(topRung: number): { readonly known: readonly [rung: number, msPerRow: number][]; readonly next?: number } {
    const known: [number, number][] = [];
    let bestMs = Infinity;
    for (let at = this.#lowest(); at <= topRung; at++) {
      const msPerRow = this.#msPerRow(at);
      if (msPerRow === undefined) return { known, next: at };
      known.push([at, msPerRow]);
      if (msPerRow > bestMs * (1 + kneeTolerance)) break;
      bestMs = Math.min(bestMs, msPerRow);
    }
    return { known };
  }

  #move(): void {
    const { known } = this.#climb(Infinity);
    const bestMs = Math.min(...known.map(([, msPerRow]) => msPerRow));
    const within = (tolerance: number): number | undefined =>
      known.find(([, msPerRow]) => msPerRow <= bestMs * (1 + tolerance))?.[0];
    const current = known.find(([at]) => at === this.#knee)?.[1];
    const stays = current !== undefined && current <= bestMs * (1 + kneeTolerance + hysteresis);
    const smaller = within(stays ? kneeTolerance - hysteresis : kneeTolerance) ?? 0;
    this.#knee = stays ? Math.min(this.#knee, smaller) : smaller;
  }

  #lowest(): number {
    const known = [...this.#rungs.keys()].filter((at) => this.#msPerRow(at) !== undefined);
    return known.length === 0 ? 0 : Math.min(...known);
  }

  #msPerRow(rung: number): number | undefined {
    const runs = this.#rungs.get(rung);
    return runs !== undefined && runs.count >= runsToKnow ? runs.median : undefined;
  }
}

function rungOf(rows: number): number {
  return Math.round(Math.log2(rows));
}
