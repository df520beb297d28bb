import { describe, expect, it } from 'vitest';
import {
  type Backlog,
  estimatedWaitMs,
  refusalAtTheDoor,
  retryAfterMs,
  retryAfterMsMax,
  retryAfterMsMin,
} from '../../../../origin/engine/admission/wait-estimate.js';
import { integerBelow, seededRandom } from '../../../harness/random.js';

const backlog = (more: Partial<Backlog> = {}): Backlog => ({
  rowsAhead: 0,
  rows: 1,
  rowsLimit: 4,
  estimateMs: (rows) => 10 * rows,
  remainingMs: [30],
  ...more,
});

describe('the wait', () => {
  it('is none at an idle runner, and the rest of a run at a busy one', () => {
    expect(estimatedWaitMs(backlog({ remainingMs: [30, 0] }))).toBe(0);
    expect(estimatedWaitMs(backlog({ remainingMs: [30, 12] }))).toBe(12);
    expect(estimatedWaitMs(backlog({ remainingMs: [-5] }))).toBe(0);
  });

  it('is that of the batches ahead; a newcomer joins the last if it fits in', () => {
    expect(estimatedWaitMs(backlog({ rowsAhead: 3 }))).toBe(30);
    expect(estimatedWaitMs(backlog({ rowsAhead: 3, rows: 2 }))).toBeCloseTo(70, 1);
    expect(estimatedWaitMs(backlog({ rowsAhead: 4 }))).toBeCloseTo(70, 1);
    expect(estimatedWaitMs(backlog({ rowsAhead: 8, rowsLimit: 1 }))).toBeCloseTo(110, 1);
    expect(estimatedWaitMs(backlog({ rowsAhead: 0, rows: 9 }))).toBe(30);
  });

  it('is unknown when nothing was measured or nobody serves', () => {
    expect(estimatedWaitMs(backlog({ remainingMs: [] }))).toBeUndefined();
    expect(estimatedWaitMs(backlog({ rowsAhead: 4, estimateMs: () => undefined }))).toBeUndefined();
    expect(estimatedWaitMs(backlog({ rowsAhead: 3, estimateMs: () => undefined }))).toBe(30);
  });

  it.each([1, 2, 3])('is what playing it through gives (seed %i)', (seed) => {
    const random = seededRandom(seed);
    for (let round = 0; round < 300; round++) {
      const remainingMs = Array.from({ length: 1 + integerBelow(random, 5) }, () => integerBelow(random, 300));
      const ahead = integerBelow(random, 40);
      const batchMs = 1 + integerBelow(random, 50);
      const free = [...remainingMs];
      for (let batch = 0; batch < ahead; batch++) {
        const first = free.indexOf(Math.min(...free));
        free[first] = free[first]! + batchMs;
      }
      const waitMs = estimatedWaitMs(
        backlog({ rowsAhead: ahead, rowsLimit: 1, estimateMs: () => batchMs, remainingMs }),
      );
      expect(waitMs).toBeCloseTo(Math.min(...free), 1);
    }
  });
});

describe('the door', () => {
  it('is open when wait and run fit into the time left, or nothing is known', () => {
    expect(refusalAtTheDoor(backlog(), 40)).toBeUndefined();
    expect(refusalAtTheDoor(backlog({ estimateMs: () => undefined }), 31)).toBeUndefined();
    expect(refusalAtTheDoor(backlog({ rowsAhead: 99, estimateMs: () => undefined }), 1)).toBeUndefined();
  });

  it('is never closed to one that finds an idle runner: a wrong estimate must be corrected', () => {
    expect(refusalAtTheDoor(backlog({ remainingMs: [0], estimateMs: () => 9_000 }), 10)).toBeUndefined();
  });

  it('refuses what would be late, and says how long and when to come again', () => {
    const refusal = refusalAtTheDoor(backlog({ rowsAhead: 40 }), 200);
    expect(refusal).toMatchObject({ code: 'overloaded', status: 503, retryAfterMs: 240 });
    expect(refusal?.message).toBe('expected an answer in about 440 ms at this load, the caller waits 200');
    expect(refusalAtTheDoor(backlog(), 39)).toMatchObject({ code: 'overloaded', retryAfterMs: retryAfterMsMin });
  });
});

describe('the time to come again', () => {
  it('is bounded', () => {
    const times = [undefined, 0, 250.2, 1e9].map((waitMs) => retryAfterMs(waitMs));
    expect(times).toEqual([retryAfterMsMin, retryAfterMsMin, 251, retryAfterMsMax]);
  });
});
