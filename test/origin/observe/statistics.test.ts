import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineEvent, VersionSnapshot } from '../../../origin/engine/engine-events.js';
import { Statistics } from '../../../origin/observe/statistics.js';
import { integerBelow, oneOf, seededRandom } from '../../harness/random.js';
import { batch, instance, item, labelOf, snapshotOf } from './events.js';

const cat = labelOf('cat');
let versions: VersionSnapshot[];
let statistics: Statistics;
beforeEach(() => {
  versions = [];
  statistics = new Statistics({ snapshot: () => versions, clock: { now: () => 1_700_000_000_123 }, versionsMax: 4 });
});
const names = (): string[] => statistics.statistics().map(({ name, version }) => `${name} ${version}`);

describe('the statistics of V2', () => {
  it('count requests, rows and runs as the protocol defines them', () => {
    for (const rows of [1, 8]) statistics.observe(item(cat, { rows })); // one batch of two requests
    statistics.observe(batch(cat, 9, 2));
    statistics.observe({ kind: 'item-failed', of: cat, code: 'runner-failed', totalMs: 3 });
    statistics.observe({ kind: 'refused', of: cat, reason: 'queue-full' });
    statistics.observe({ kind: 'loaded', of: cat, ms: 100 });
    statistics.observe({ kind: 'runner-ended', of: cat, reason: 'died' });
    versions = [
      snapshotOf(cat, { instances: [instance({ rssBytes: 7 }), instance({ rssBytes: 5, device: 'cuda:0' })] }),
    ];
    expect(statistics.statistics('cat', 'v1')).toEqual([
      {
        name: 'cat',
        version: 'v1',
        last_inference: 1_700_000_000_123,
        inference_count: 9,
        execution_count: 1,
        inference_stats: {
          success: { count: 2, ns: 20_000_000 },
          fail: { count: 2, ns: 3_000_000 },
          queue: { count: 2, ns: 2_000_000 },
          compute_input: { count: 2, ns: 500_000 },
          compute_infer: { count: 2, ns: 16_000_000 },
          compute_output: { count: 2, ns: 1_500_000 },
          cache_hit: { count: 0, ns: 0 },
          cache_miss: { count: 0, ns: 0 },
        },
        batch_stats: [
          {
            batch_size: 9,
            compute_input: { count: 1, ns: 250_000 },
            compute_infer: { count: 1, ns: 8_000_000 },
            compute_output: { count: 1, ns: 750_000 },
          },
        ],
        memory_usage: [{ type: 'CPU', id: 0, byte_size: 12 }],
        response_stats: {},
      },
    ]);
  });

  it('count hits of the response cache as successes, not as inferences', () => {
    statistics.observeCache({ kind: 'cache-miss', of: cat, ms: 0.5 });
    statistics.observe(item(cat));
    statistics.observeCache({ kind: 'cache-hit', of: cat, ms: 0.25 });
    statistics.observeCache({ kind: 'cache-joined', of: cat, ms: 2 });
    const [found] = statistics.statistics('cat');
    expect(found?.inference_count).toBe(1);
    expect(found?.inference_stats).toMatchObject({
      success: { count: 3, ns: 12_250_000 },
      queue: { count: 3, ns: 1_000_000 },
      compute_infer: { count: 1 },
      cache_hit: { count: 2, ns: 2_250_000 },
      cache_miss: { count: 1, ns: 500_000 },
    });
  });

  it('are zeros for a version that is loaded and was never asked', () => {
    versions = [snapshotOf(cat)];
    expect(statistics.statistics()).toMatchObject([
      { name: 'cat', last_inference: 0, inference_count: 0, batch_stats: [], memory_usage: [] },
    ]);
  });

  it('add up, whatever happens in whatever order', () => {
    const random = seededRandom(9);
    const events: EngineEvent[] = Array.from({ length: 3_000 }, () => {
      const kind = integerBelow(random, 3);
      if (kind === 0) return item(cat, { rows: 1 + integerBelow(random, 9) });
      if (kind === 1) return batch(cat, 1 + integerBelow(random, 1_024));
      return { kind: 'item-failed', of: cat, code: oneOf(random, ['internal', 'cancelled']), totalMs: random() };
    });
    for (const event of events) statistics.observe(event);
    const [found] = statistics.statistics();
    const countOf = (kind: EngineEvent['kind']): number => events.filter((event) => event.kind === kind).length;
    const runs = found?.batch_stats.reduce((sum, size) => sum + size.compute_infer.count, 0);
    expect([found?.execution_count, runs]).toEqual([countOf('batch'), countOf('batch')]);
    expect(found?.inference_stats.success.count).toBe(countOf('item'));
    expect(found?.inference_stats.fail.count).toBe(countOf('item-failed'));
  });

  it('tell a bounded number of batch sizes apart; beyond, runs count under the next power of two', () => {
    for (let rows = 1; rows <= 1_024; rows += 1) statistics.observe(batch(cat, rows));
    const sizes = statistics.statistics()[0]?.batch_stats ?? [];
    expect(sizes.map(({ batch_size }) => batch_size)).toEqual([
      ...Array.from({ length: 128 }, (_, index) => index + 1),
      256,
      512,
      1_024,
    ]);
    expect(sizes.at(-1)?.compute_infer.count).toBe(512);
  });

  it('are given of all, of one model, or of one version, sorted', () => {
    for (const [model, version] of [
      ['dog', 'v1'],
      ['cat', 'v2'],
      ['cat', 'v1'],
    ] as const) {
      // prettier-ignore
      statistics.observe(item(labelOf(model, version)));
    }
    expect(names()).toEqual(['cat v1', 'cat v2', 'dog v1']);
    expect(statistics.statistics('cat').map(({ version }) => version)).toEqual(['v1', 'v2']);
    expect(statistics.statistics('cat', 'v2').map(({ version }) => version)).toEqual(['v2']);
    expect(statistics.statistics('bird')).toEqual([]);
  });

  it('go by the name that a version was last asked by', () => {
    statistics.observe(item(cat));
    statistics.observe(item({ ...cat, version: 'renamed' }));
    expect(names()).toEqual(['cat renamed']);
  });

  it('are forgotten with the version, and bounded in number: what is not loaded goes first', () => {
    statistics.observe(item(cat));
    statistics.forget(cat.digest);
    expect(statistics.statistics()).toEqual([]);
    versions = [snapshotOf(labelOf('a'))];
    for (const model of ['a', 'b', 'c', 'd', 'e']) statistics.observe(item(labelOf(model)));
    expect(names()).toEqual(['a v1', 'c v1', 'd v1', 'e v1']);
  });
});
