import { RecentMedian } from './recent-median.js';

/** How much worse than the best time per row the knee may be. */
export const kneeTolerance = 0.05;
/** How much worse still it may become before the knee moves up: measurements are noisy. */
const hysteresis = 0.025;
/** Runs of about a size before anything is concluded from them. */
export const runsToKnow = 5;
/** The same where they are neither clearly worse nor clearly better than what is known. */
const runsInDoubt = 15;
/** Clearly is by this much. */
const clearDifference = 0.1;
/** Runs of about a size that are remembered. */
const runsRemembered = 63;
/**
 * What was measured in n runs may be wrong by this, divided by the root of n. A best time is taken to have been luck, and
 * that of a smaller batch bad luck: it is run more often then, which shows.
 */
const luck = 0.1;
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

  /** The rungs of the climb that are known, and the one to try if it goes on. */
  #climb(topRung: number): { readonly known: readonly Rung[]; readonly next?: number } {
    const known: Rung[] = [];
    let bestMs = Infinity;
    for (let at = this.#lowest(); at <= topRung; at++) {
      const rung = this.#rung(at);
      if (rung === undefined) return { known, next: at };
      const isClear = Math.abs(rung.msPerRow / bestMs - 1) > clearDifference;
      if (!isClear && rung.runs < runsInDoubt) return { known, next: at };
      known.push(rung);
      if (rung.msPerRow > bestMs * (1 + kneeTolerance)) break;
      bestMs = Math.min(bestMs, rung.msPerRow);
    }
    return { known };
  }

  #move(): void {
    const { known } = this.#climb(Infinity);
    const doubt = ({ runs }: Rung): number => luck / Math.sqrt(runs);
    const bestMs = Math.min(...known.map((rung) => rung.msPerRow * (1 + doubt(rung))));
    const small = known.find((rung) => rung.msPerRow * (1 - doubt(rung)) <= bestMs * (1 + kneeTolerance));
    const smallest = small?.at ?? 0;
    const current = known.find(({ at }) => at === this.#knee);
    const stays = current !== undefined && current.msPerRow <= bestMs * (1 + kneeTolerance + hysteresis);
    this.#knee = stays ? Math.min(this.#knee, smallest) : smallest;
  }

  #lowest(): number {
    let lowest = Infinity;
    for (const [at, { count }] of this.#rungs) if (at < lowest && count >= runsToKnow) lowest = at;
    return lowest === Infinity ? 0 : lowest;
  }

  #rung(at: number): Rung | undefined {
    const rung = this.#rungs.get(at);
    if (rung === undefined || rung.count < runsToKnow) return undefined;
    return { at, msPerRow: rung.median ?? 0, runs: rung.count };
  }
}

interface Rung {
  readonly at: number;
  readonly msPerRow: number;
  readonly runs: number;
}

function rungOf(rows: number): number {
  return Math.round(Math.log2(rows));
}
