import { describe, expect, it } from 'vitest';
import { BatchCost } from '../../../../origin/engine/batch/batch-cost.js';
import { forgetEveryRuns, runsToKnow } from '../../../../origin/engine/batch/knee.js';
import { sizesMax } from '../../../../origin/engine/batch/size-costs.js';
import { seededRandom } from '../../../harness/random.js';

/** Milliseconds per row by batch size, as measured on three models with one thread; straight between the points. */
const recogniser = curve([1, 33], [4, 33], [8, 40], [16, 44], [64, 50]);
const orientation = (rows: number): number => 1.257 + 0.343 / rows;
const matMul = (rows: number): number => 0.154 + 1.246 / rows;

function curve(...points: readonly (readonly [number, number])[]): (rows: number) => number {
  return (rows) => {
    const after = points.findIndex(([size]) => size >= rows);
    const [high, highMs] = points[after]!;
    const [low, lowMs] = points[Math.max(0, after - 1)]!;
    return high === low ? highMs : lowMs + ((rows - low) / (high - low)) * (highMs - lowMs);
  };
}

/** A factor of mean 1 and standard deviation 10 %. */
const noise = (random: () => number): number =>
  1 + 0.1 * (random() + random() + random() + random() - 2) * Math.sqrt(3);

/** Runs as many rows as it is told to, over and over; gives the limits it was told. */
function saturated(msPerRow: (rows: number) => number, seed: number, runs: number, maxBatch: number): number[] {
  const cost = new BatchCost();
  const random = seededRandom(seed);
  return Array.from({ length: runs }, () => {
    const rows = cost.rowsLimit(maxBatch);
    cost.observe(rows, rows * msPerRow(rows) * noise(random));
    return rows;
  });
}

const shareOf = (limits: readonly number[], which: (limit: number) => boolean): number =>
  limits.filter(which).length / limits.length;
const seeds = Array.from({ length: 16 }, (_, seed) => seed + 1);

describe('the most rows worth running together', () => {
  it('begin with 1, and double as long as the time per row falls', () => {
    const cost = new BatchCost();
    const limits = [1, 2, 4, 8, 16, 32].map((rows) => {
      const limit = cost.rowsLimit(32);
      for (let run = 0; run < runsToKnow; run++) cost.observe(rows, rows * matMul(rows));
      return limit;
    });
    expect(limits).toEqual([1, 2, 4, 8, 16, 32]);
    expect([cost.rowsLimit(32), cost.rowsLimit(20)]).toEqual([32, 20]);
  });

  it('are 1 to 4 for the recogniser, whatever the noise, and more only to try', () => {
    for (const seed of seeds) {
      const limits = saturated(recogniser, seed, 6_000, 64);
      expect(shareOf(limits, (limit) => limit >= 8)).toBeLessThan(0.01);
      expect(shareOf(limits, (limit) => limit >= 16)).toBeLessThan(0.003);
    }
  });

  it('are at least 4 for the orientation network', () => {
    for (const seed of seeds) {
      const limits = saturated(orientation, seed, 3_000, 64).slice(200);
      expect(shareOf(limits, (limit) => limit >= 2)).toBeGreaterThan(0.98);
      expect(limits.reduce((sum, limit) => sum + orientation(limit), 0) / limits.length).toBeLessThan(
        1.07 * orientation(64),
      );
    }
  });

  it('are 16 and more, mostly 32 and more, for the matrix multiplication', () => {
    for (const seed of seeds) {
      const limits = saturated(matMul, seed, 3_000, 64).slice(200);
      expect(shareOf(limits, (limit) => limit >= 32)).toBeGreaterThan(0.95);
      expect(limits.reduce((sum, limit) => sum + matMul(limit), 0) / limits.length).toBeLessThan(1.15 * matMul(64));
    }
  });

  it('hardly ever change when every size is as good as any, and are small then', () => {
    for (const seed of seeds) {
      const limits = saturated(() => 33, seed, 6_000, 64);
      const changes = limits.filter((limit, run) => run > 0 && limit !== limits[run - 1]).length;
      expect(changes).toBeLessThan(60);
      expect(shareOf(limits, (limit) => limit <= 4)).toBeGreaterThan(0.92);
    }
  });

  it('are the smallest within 5 % of the best', () => {
    const cost = new BatchCost();
    const runsEach = 15; // as many as settle it where the difference is small
    for (const [rows, msPerRow] of [
      [1, 10],
      [2, 5.1],
      [4, 5],
      [8, 5],
      [16, 6],
    ] as const) {
      for (let run = 0; run < runsEach; run++) cost.observe(rows, rows * msPerRow);
    }
    expect(cost.rowsLimit(64)).toBe(2);
  });

  it('stop growing at a size that is worse, which is tried again after many runs', () => {
    const limits = saturated(curve([1, 10], [2, 10], [4, 20], [64, 20]), 1, 3 * forgetEveryRuns, 64);
    const triedAt = limits.flatMap((limit, run) => (limit === 4 ? [run] : []));
    expect(triedAt.length).toBeGreaterThanOrEqual(2 * runsToKnow);
    expect(triedAt.length).toBeLessThanOrEqual(4 * runsToKnow);
    expect(Math.max(...limits)).toBe(4);
  });

  it('follow a model that has become another', () => {
    const cost = new BatchCost();
    for (let run = 0; run < 2 * forgetEveryRuns; run++) {
      const rows = cost.rowsLimit(32);
      cost.observe(rows, rows * recogniser(rows));
    }
    expect(cost.rowsLimit(32)).toBeLessThanOrEqual(4);
    for (let run = 0; run < 2 * forgetEveryRuns; run++) {
      const rows = cost.rowsLimit(32);
      cost.observe(rows, rows * matMul(rows));
    }
    expect(cost.rowsLimit(32)).toBe(32);
  });

  it('come from the sizes that there are when callers send batches of their own', () => {
    const cost = new BatchCost();
    for (let run = 0; run < runsToKnow; run++) cost.observe(8, 8);
    expect(cost.rowsLimit(64)).toBe(16);
  });

  it('count an odd maximum as the top rung', () => {
    expect(Math.max(...saturated(matMul, 3, 200, 11))).toBe(11);
    expect(Math.max(...saturated(matMul, 3, 200, 3))).toBe(3);
    expect(Math.max(...saturated(matMul, 3, 200, 1))).toBe(1);
  });
});

describe('what a run is expected to take', () => {
  it('is unknown until measured, then as measured: the median of late', () => {
    const cost = new BatchCost();
    expect([cost.estimateMs(1), cost.line()]).toEqual([undefined, undefined]);
    for (const ms of [10, 900, 12]) cost.observe(4, ms);
    expect([cost.estimateMs(4), cost.estimateMs(5), cost.line()]).toEqual([12, undefined, undefined]);
    for (let run = 0; run < 9; run++) cost.observe(4, 50);
    expect(cost.estimateMs(4)).toBe(50);
  });

  it('follows a line between and beyond the sizes that were measured', () => {
    const cost = new BatchCost();
    for (const rows of [1, 4, 8]) cost.observe(rows, 3 + 2 * rows);
    expect(cost.line()?.aMs).toBeCloseTo(2);
    expect(cost.line()?.bMs).toBeCloseTo(3);
    for (const rows of [2, 6, 16]) expect(cost.estimateMs(rows)).toBeCloseTo(3 + 2 * rows);
  });

  it('is never less than a smaller size took, nor more than a larger', () => {
    const cost = new BatchCost();
    for (const [rows, ms] of [
      [1, 30],
      [4, 10],
      [64, 11],
    ] as const)
      cost.observe(rows, ms);
    expect(cost.estimateMs(100)).toBeGreaterThanOrEqual(11);
    expect(cost.estimateMs(8)).toBeGreaterThanOrEqual(10);
    expect(cost.estimateMs(8)).toBeLessThanOrEqual(11);
  });

  it('is remembered for a bounded number of sizes', () => {
    const cost = new BatchCost();
    cost.observe(1, 7_000);
    for (let rows = 2; rows <= sizesMax; rows++) cost.observe(rows, rows);
    expect(cost.estimateMs(1)).toBe(7_000);
    cost.observe(sizesMax + 1, sizesMax + 1);
    expect(cost.estimateMs(1)).toBeCloseTo(1);
  });

  it('takes nothing from what was no run', () => {
    const cost = new BatchCost();
    cost.observe(0, 5);
    cost.observe(1, Number.NaN);
    expect(cost.estimateMs(1)).toBeUndefined();
  });
});
