import { describe, expect, it } from 'vitest';
import { RecentMedian } from '../../../../origin/engine/batch/recent-median.js';
import { integerBelow, seededRandom } from '../../../harness/random.js';

describe('the median of late', () => {
  it('is none without any number', () => {
    expect(new RecentMedian(3).median).toBeUndefined();
  });

  it.each([1, 2, 9])('is that of the last %i', (max) => {
    const random = seededRandom(max);
    const recent = new RecentMedian(max);
    const all: number[] = [];
    for (let n = 0; n < 200; n++) {
      const value = integerBelow(random, 8);
      recent.note(value);
      all.push(value);
      const last = all.slice(-max).sort((a, b) => a - b);
      expect([recent.median, recent.count]).toEqual([last[(last.length - 1) >> 1], last.length]);
    }
  });
});
