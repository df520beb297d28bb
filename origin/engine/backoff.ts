import type { Random } from '../../shared/time/clock.js';

export interface BackoffLimits {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * How long to wait before a runner is started again. A runner that dies once is replaced at once; from the second
 * failure in a row the wait doubles up to a limit, and half of it is random, so that runners that died together do not
 * come back together.
 */
export function backoffMs(failuresInRow: number, { firstMs, mostMs }: BackoffLimits, random: Random): number {
  if (failuresInRow < 2) return 0;
  const wholeMs = Math.min(mostMs, firstMs * 2 ** (failuresInRow - 2));
  return Math.round(wholeMs * (0.5 + random() / 2));
}
