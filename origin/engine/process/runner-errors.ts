import { BrinkError } from '../../../shared/errors/brink-error.js';

const retryAfterMs = 1_000;

export const runnerFailed = (): BrinkError =>
  new BrinkError('runner-failed', 'the process that runs the model ended before it answered', { retryAfterMs });

export const runnerTooLarge = (): BrinkError =>
  new BrinkError('heap-exhausted', 'the model needs more memory for these inputs than there is', { retryAfterMs });

export const shuttingDown = (): BrinkError =>
  new BrinkError('shutting-down', 'this instance of the model is being shut down', { retryAfterMs });

export const queueFull = (what: string, itemsMax: number, items: number): BrinkError =>
  new BrinkError('queue-full', `expected at most ${itemsMax} ${what}, got ${items}`, { retryAfterMs });

/** Why a version cannot be used now, with the time until it is tried again. */
export const notBefore = (error: BrinkError, waitMs: number): BrinkError =>
  new BrinkError(error.code, error.message, { retryAfterMs: Math.max(1, waitMs), cause: error });
