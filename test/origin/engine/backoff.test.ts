import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../origin/engine/backoff.js';

describe('backing off', () => {
  it('doubles from the second failure in a row, up to a limit, half of it at random', () => {
    const limits = { firstMs: 100, mostMs: 500 };
    const waits = (random: number): number[] => [0, 1, 2, 3, 4, 5, 60].map((n) => backoffMs(n, limits, () => random));
    expect(waits(1)).toEqual([0, 0, 100, 200, 400, 500, 500]);
    expect(waits(0)).toEqual([0, 0, 50, 100, 200, 250, 250]);
  });
});
