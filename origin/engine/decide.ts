/** What is known when something may have to be run. */
export interface Situation {
  readonly runnerFree: boolean;
  readonly waiting: number;
}

/** How many of those that wait to run now, together. */
export type Decision = { readonly kind: 'wait' } | { readonly kind: 'dispatch'; readonly items: number };

/**
 * Decides when to run (the steps are: enqueue, decide, take, dispatch). One item per run, at once: a batch of several, and
 * waiting for it, is decided here when there is batching.
 */
export function decide({ runnerFree, waiting }: Situation): Decision {
  return runnerFree && waiting > 0 ? { kind: 'dispatch', items: 1 } : { kind: 'wait' };
}
