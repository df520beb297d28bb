/** The part of the time left that a run may be expected to take. */
export const deadlineShare = 0.9;

/** The part of a request's whole time that it may wait for a fuller batch. */
export const waitShare = 0.5;

export interface Situation {
  /** Whether a runner is free. */
  readonly idle: boolean;
  /** Of the head's bucket, the head's own among them. */
  readonly rowsWaiting: number;
  readonly headRows: number;
  /** How long the head, or whatever came before all others, has waited. */
  readonly oldestWaitedMs: number;
  readonly maxQueueDelayMs: number;
  /** What is worth running together. */
  readonly rowsLimit: number;
  /** What may be run together. */
  readonly maxBatch: number;
  /** Until the first deadline of those that would be in the batch. */
  readonly tightestLeftMs: number;
  readonly estimateMs: (rows: number) => number | undefined;
}

/** Wait for something to change, at most `forMs`; or run a batch of at most so many rows, now. */
export type Decision =
  { readonly kind: 'wait'; readonly forMs?: number } | { readonly kind: 'run'; readonly rows: number };

/**
 * Decides when to run, and how much (the steps are: enqueue, decide, take, dispatch). A free runner never waits, unless
 * it is told to and the batch can still grow without becoming late. The head is run in any case, also when it will be
 * late: refusing is admission's job.
 */
export function decide(situation: Situation): Decision {
  const { idle, rowsWaiting, headRows, oldestWaitedMs, maxQueueDelayMs, tightestLeftMs, estimateMs } = situation;
  if (!idle || rowsWaiting === 0) return { kind: 'wait' };
  const rows = Math.max(headRows, rowsInTime(situation));
  if (rowsWaiting < rows) {
    // Of the whole time that it has had and has: a share of what is left, taken at each look, would never end.
    const slackMs = waitShare * (oldestWaitedMs + tightestLeftMs) - oldestWaitedMs - (estimateMs(rows) ?? 0);
    const forMs = Math.min(maxQueueDelayMs - oldestWaitedMs, slackMs);
    if (forMs > 0) return { kind: 'wait', forMs };
  }
  return { kind: 'run', rows };
}

/** The most rows that are expected to be done in time; what was never measured is allowed. */
function rowsInTime({ rowsLimit, maxBatch, tightestLeftMs, estimateMs }: Situation): number {
  const inTime = (rows: number): boolean => (estimateMs(rows) ?? 0) <= deadlineShare * tightestLeftMs;
  let rows = Math.max(1, Math.min(rowsLimit, maxBatch));
  while (rows > 1 && !inTime(rows)) rows--;
  return rows;
}
