import { BrinkError } from '../../../shared/errors/brink-error.js';

/** What stands between a newcomer and its answer. */
export interface Backlog {
  /** That go before it. */
  readonly rowsAhead: number;
  /** The newcomer's own. */
  readonly rows: number;
  /** Of a batch. */
  readonly rowsLimit: number;
  readonly estimateMs: (rows: number) => number | undefined;
  /** For each instance that serves, how long its run still takes; 0 is idle. */
  readonly remainingMs: readonly number[];
}

/** The least and the most that a caller is told to wait. */
export const retryAfterMsMin = 100;
export const retryAfterMsMax = 60_000;

/** How long until the newcomer's batch begins; undefined when too little was measured to say, or nobody serves. */
export function estimatedWaitMs({ rowsAhead, rows, rowsLimit, estimateMs, remainingMs }: Backlog): number | undefined {
  if (remainingMs.length === 0) return undefined;
  const batchRows = Math.max(1, rowsLimit);
  const fits = (rowsAhead % batchRows) + rows <= batchRows;
  const batchesAhead = fits ? Math.floor(rowsAhead / batchRows) : Math.ceil(rowsAhead / batchRows);
  if (batchesAhead === 0) return Math.max(0, Math.min(...remainingMs));
  const batchMs = estimateMs(batchRows);
  if (batchMs === undefined) return undefined;
  return startOfBatch(batchesAhead, batchMs, remainingMs);
}

/**
 * The refusal of a request that is not expected to be answered in the time left, or undefined. One that finds a runner
 * idle is never refused: an estimate that was once too high would else never be corrected.
 */
export function refusalAtTheDoor(backlog: Backlog, leftMs: number): BrinkError | undefined {
  const waitMs = estimatedWaitMs(backlog);
  if (waitMs === undefined || waitMs <= 0) return undefined;
  const totalMs = waitMs + (backlog.estimateMs(backlog.rows) ?? 0);
  if (totalMs <= leftMs) return undefined;
  const [expected, left] = [Math.ceil(totalMs), Math.floor(leftMs)];
  return new BrinkError(
    'overloaded',
    `expected an answer in about ${expected} ms at this load, the caller waits ${left}`,
    {
      retryAfterMs: retryAfterMs(Math.min(waitMs, totalMs - leftMs)),
    },
  );
}

/** When a caller should come again who would have had to wait so long; what is not known is taken for little. */
export function retryAfterMs(waitMs: number | undefined): number {
  return Math.ceil(Math.min(retryAfterMsMax, Math.max(retryAfterMsMin, waitMs ?? 0)));
}

/** Each instance begins a batch when its run ends and every `batchMs` from then: when does the one after `ahead` begin? */
function startOfBatch(ahead: number, batchMs: number, remainingMs: readonly number[]): number {
  const begunBy = (timeMs: number): number =>
    remainingMs.reduce((sum, ms) => sum + (timeMs < ms ? 0 : Math.floor((timeMs - ms) / batchMs) + 1), 0);
  const shortestMs = Math.min(...remainingMs);
  if (batchMs <= 0) return shortestMs;
  let low = shortestMs;
  let high = shortestMs + ahead * batchMs; // the first instance alone has begun them all by then
  for (let step = 0; step < 40 && high - low > 1e-6; step++) {
    const middle = (low + high) / 2;
    if (begunBy(middle) > ahead) high = middle;
    else low = middle;
  }
  return Math.max(...remainingMs.filter((ms) => ms <= high).map((ms) => high - ((high - ms) % batchMs)));
}
