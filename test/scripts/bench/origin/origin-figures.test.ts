import { describe, expect, it } from 'vitest';
import { bestBatch } from '../../../../scripts/bench/origin/bare-limit.js';
import { fullBatch } from '../../../../scripts/bench/origin/origin-figures.js';
import { addedTo, bucketQuantile, bucketsOf } from '../../../../scripts/bench/origin/prometheus-text.js';

const scrape = (counts: readonly number[]): string =>
  ['0.001', '0.01', '+Inf'].map((le, index) => `delay_seconds_bucket{le="${le}"} ${counts[index]}`).join('\n');

describe('a histogram of Prometheus', () => {
  it('is read by its name, buckets ascending, label sets added up', () => {
    const text = [
      '# TYPE rows histogram',
      'rows_bucket{model="a",le="+Inf"} 3',
      'rows_bucket{model="a",le="1"} 2',
      'rows_bucket{le="1",model="b"} 4',
      'rows_bucket{le="+Inf",model="b"} 4',
      'rows_sum{model="a"} 9',
      'rows_total_bucket{le="1"} 100',
    ].join('\n');
    expect(bucketsOf(text, 'rows')).toEqual([
      { upTo: 1, count: 6 },
      { upTo: Infinity, count: 7 },
    ]);
    expect(bucketsOf(text, 'others')).toEqual([]);
  });

  it('gives the quantile of what came between two scrapes', () => {
    const [before, after] = [
      [100, 100, 100],
      [100, 200, 200],
    ].map((counts) => bucketsOf(scrape(counts), 'delay_seconds'));
    const added = addedTo(before ?? [], after ?? []);
    expect(bucketQuantile(added, 0.5)).toBeCloseTo(0.0055, 6);
    expect(bucketQuantile(added, 1)).toBeCloseTo(0.01, 6);
  });

  it('says nothing of nothing, and the last bound of what is beyond it', () => {
    expect(bucketQuantile(bucketsOf(scrape([0, 0, 0]), 'delay_seconds'), 0.99)).toBeNaN();
    expect(bucketQuantile([], 0.99)).toBeNaN();
    expect(bucketQuantile(bucketsOf(scrape([0, 0, 5]), 'delay_seconds'), 0.99)).toBe(0.01);
  });
});

describe('a full batch', () => {
  const runs = (entries: readonly (readonly [number, number])[]): ReadonlyMap<number, number> => new Map(entries);

  it('is the largest that was common between two readings', () => {
    const before = runs([
      [1, 100],
      [64, 50],
    ]);
    const after = runs([
      [1, 150],
      [8, 49],
      [32, 1],
      [64, 50],
    ]);
    expect(fullBatch(before, after)).toBe(8);
  });

  it('is unknown where nothing ran', () => {
    expect(fullBatch(runs([[1, 3]]), runs([[1, 3]]))).toBeUndefined();
    expect(fullBatch(runs([]), runs([]))).toBeUndefined();
  });
});

describe('the best batch of the bare loop', () => {
  it('has the best rate, and is the smaller one of equals', () => {
    expect(
      bestBatch(
        new Map([
          [1, 30],
          [2, 31],
          [4, 31],
          [8, 20],
        ]),
      ),
    ).toBe(2);
  });
});
