import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { EngineEvent, VersionSnapshot } from '../../../origin/engine/engine-events.js';
import { Metrics, type MetricsParts } from '../../../origin/observe/metrics.js';
import { integerBelow, oneOf, seededRandom } from '../../harness/random.js';
import { batch, instance, item, labelOf, snapshotOf } from './events.js';
import { type Exposed, parsePrometheus } from './prometheus-text.js';

let versions: VersionSnapshot[];
let nowMs: number;
beforeEach(() => {
  versions = [];
  nowMs = 1_000_000;
});

const build = { version: '1.2.3', onnxruntime: '1.29.0' };
const metricsOf = (parts: Partial<MetricsParts> = {}): Metrics =>
  new Metrics({ snapshot: () => versions, build, clock: { now: () => nowMs }, ...parts });
const shown = async (metrics: Metrics): Promise<Exposed> => parsePrometheus(await metrics.render());
const cat = labelOf('cat');
const at = { model: 'cat', version: 'v1' };

describe('the metrics of the engine', () => {
  it('show what was counted, in base units, as histograms and not summaries', async () => {
    const metrics = metricsOf();
    metrics.observe(item(cat, { rows: 3 }));
    metrics.observe(item(cat, { queueMs: 0.4, inputMs: 0, inferMs: 0, outputMs: 0 }));
    metrics.observe(batch(cat, 4, 2));
    metrics.observe({ kind: 'loaded', of: cat, ms: 400 });
    const exposed = await shown(metrics);
    expect(exposed.value('brink_inference_rows_total', at)).toBe(4);
    expect(exposed.value('brink_inference_duration_seconds_count', at)).toBe(2);
    expect(exposed.value('brink_inference_duration_seconds_sum', at)).toBeCloseTo(0.0104, 9);
    expect(exposed.value('brink_queue_duration_seconds_bucket', { ...at, le: '0.0005' })).toBe(1);
    expect(exposed.value('brink_queue_duration_seconds_bucket', { ...at, le: '0.001' })).toBe(2);
    expect(exposed.value('brink_compute_infer_seconds_sum', at)).toBeCloseTo(0.008, 9);
    expect(exposed.value('brink_batch_rows_bucket', { ...at, le: '2' })).toBe(0);
    expect(exposed.value('brink_batch_rows_bucket', { ...at, le: '4' })).toBe(1);
    expect(exposed.value('brink_load_duration_seconds_sum', at)).toBeCloseTo(0.4, 9);
    expect([...exposed.types.values()].filter((type) => !['counter', 'gauge', 'histogram'].includes(type))).toEqual([]);
  });

  it('show refusals, failures and ends of runners by reason', async () => {
    const metrics = metricsOf();
    for (const reason of ['queue-full', 'queue-full', 'deadline'] as const) {
      metrics.observe({ kind: 'refused', of: cat, reason });
    }
    metrics.observe({ kind: 'item-failed', of: cat, code: 'runner-failed', totalMs: 5 });
    metrics.observe({ kind: 'runner-ended', of: cat, reason: 'died' });
    const exposed = await shown(metrics);
    expect(exposed.value('brink_refusals_total', { ...at, reason: 'queue-full' })).toBe(2);
    expect(exposed.value('brink_refusals_total', { ...at, reason: 'deadline' })).toBe(1);
    expect(exposed.value('brink_inference_failures_total', { ...at, code: 'runner-failed' })).toBe(1);
    expect(exposed.value('brink_runner_ends_total', { ...at, reason: 'died' })).toBe(1);
  });

  it('add up, whatever happens in whatever order', async () => {
    const random = seededRandom(4);
    const metrics = metricsOf();
    const labels = ['a', 'b', 'c'].map((model) => labelOf(model));
    const events: EngineEvent[] = Array.from({ length: 5_000 }, () => {
      const of = oneOf(random, labels);
      const kind = integerBelow(random, 4);
      if (kind === 0) return item(of, { rows: 1 + integerBelow(random, 8), queueMs: random() * 300 });
      if (kind === 1) return batch(of, 1 + integerBelow(random, 2_000));
      if (kind === 2) return { kind: 'refused', of, reason: oneOf(random, ['queue-full', 'overloaded', 'deadline']) };
      return { kind: 'item-failed', of, code: oneOf(random, ['internal', 'cancelled', 'runner-failed']), totalMs: 1 };
    });
    for (const event of events) metrics.observe(event);
    const exposed = await shown(metrics);
    const total = (name: string): number => exposed.all(name).reduce((sum, { value }) => sum + value, 0);
    const countOf = (kind: EngineEvent['kind']): number => events.filter((event) => event.kind === kind).length;
    expect(total('brink_inference_duration_seconds_count')).toBe(countOf('item'));
    expect(total('brink_batch_rows_count')).toBe(countOf('batch'));
    expect(total('brink_refusals_total')).toBe(countOf('refused'));
    expect(total('brink_inference_failures_total')).toBe(countOf('item-failed'));
    expect(total('brink_inference_rows_total')).toBe(
      events.reduce((sum, event) => sum + (event.kind === 'item' ? event.rows : 0), 0),
    );
    for (const { name, labels: own, value } of exposed.samples.filter(({ labels: { le } }) => le === '+Inf')) {
      const { le: _, ...rest } = own;
      expect(exposed.value(name.replace(/_bucket$/, '_count'), rest)).toBe(value);
    }
  });

  it('count times that are no numbers, or negative, as 0', async () => {
    const metrics = metricsOf();
    for (const queueMs of [Number.NaN, -5, Infinity]) metrics.observe(item(cat, { queueMs }));
    const exposed = await shown(metrics);
    expect(exposed.value('brink_queue_duration_seconds_sum', at)).toBe(0);
    expect(exposed.value('brink_queue_duration_seconds_count', at)).toBe(3);
  });

  it('write any name of a version so that a scraper reads it back', async () => {
    const metrics = metricsOf();
    const odd = { model: 'a"b\\c\nd', version: '{}', digest: 'd' };
    metrics.observe(item(odd));
    expect((await shown(metrics)).value('brink_inference_rows_total', { model: 'a"b\\c\nd', version: '{}' })).toBe(1);
  });
});

describe('the gauges of versions', () => {
  it('show how things stand at the scrape', async () => {
    versions = [
      snapshotOf(cat, {
        queued: 3,
        inFlight: 5,
        concurrencyLimit: 9,
        batchAxis: 'independent',
        instances: [
          instance({ state: 'busy', busyMs: 2_500, rssBytes: 77 }),
          instance({ device: 'cuda:1', threads: 4 }),
        ],
      }),
    ];
    const exposed = await shown(metricsOf());
    expect(exposed.value('brink_queue_depth', at)).toBe(3);
    expect(exposed.value('brink_in_flight', at)).toBe(5);
    expect(exposed.value('brink_concurrency_limit', at)).toBe(9);
    expect(exposed.value('brink_runners', { ...at, state: 'busy' })).toBe(1);
    expect(exposed.value('brink_runners', { ...at, state: 'ready' })).toBe(1);
    expect(exposed.value('brink_runners', { ...at, state: 'dead' })).toBe(0);
    expect(exposed.value('brink_runner_busy_seconds_total', { ...at, instance: '0', device: 'cpu' })).toBe(2.5);
    expect(exposed.value('brink_runner_resident_bytes', { ...at, instance: '0' })).toBe(77);
    expect(exposed.value('brink_runner_threads', { ...at, instance: '1', device: 'cuda:1' })).toBe(4);
    expect(exposed.value('brink_version_info', { ...at, digest: cat.digest, batch_axis: 'independent' })).toBe(1);
    expect(exposed.value('brink_inference_rows_total', at)).toBe(0); // loaded, and not yet asked
  });

  it('are gone with the version, while its counts are shown a little longer', async () => {
    const metrics = metricsOf();
    versions = [snapshotOf(cat, { instances: [instance()] })];
    metrics.observe(item(cat));
    await metrics.render();
    versions = [];
    for (const elapsedMs of [0, 9 * 60_000]) {
      nowMs += elapsedMs;
      const exposed = await shown(metrics);
      expect(exposed.value('brink_queue_depth', at)).toBeUndefined();
      expect(exposed.all('brink_runner_resident_bytes')).toEqual([]);
      expect(exposed.all('brink_runner_busy_seconds_total')).toEqual([]);
      expect(exposed.value('brink_inference_rows_total', at)).toBe(1);
    }
    nowMs += 60_000;
    expect((await metrics.render()).includes('model="cat"')).toBe(false);
  });

  it('count on where a version comes back in time', async () => {
    const metrics = metricsOf();
    metrics.observe(item(cat));
    await metrics.render();
    nowMs += 9 * 60_000;
    versions = [snapshotOf(cat)];
    await metrics.render();
    versions = [];
    await metrics.render();
    nowMs += 9 * 60_000;
    expect((await shown(metrics)).value('brink_inference_rows_total', at)).toBe(1);
  });

  it('of two digests by one name are shown as one, added', async () => {
    const again = { ...cat, digest: 'another' };
    const metrics = metricsOf();
    versions = [snapshotOf(cat, { queued: 2 }), snapshotOf(again, { queued: 3 })];
    for (const of of [cat, again]) metrics.observe(item(of));
    const exposed = await shown(metrics);
    expect(exposed.value('brink_queue_depth', at)).toBe(5);
    expect(exposed.value('brink_inference_rows_total', at)).toBe(2);
  });

  it('show what the response cache did and holds', async () => {
    const metrics = metricsOf({ caches: () => [{ of: cat, entries: 2, bytes: 600 }] });
    for (const kind of ['cache-miss', 'cache-hit', 'cache-hit', 'cache-joined'] as const) {
      metrics.observeCache({ kind, of: cat, ms: 1 });
    }
    const exposed = await shown(metrics);
    const results = exposed.all('brink_cache_requests_total').map(({ labels, value }) => [labels['result'], value]);
    expect(results).toEqual([['miss', 1], ['hit', 2], ['joined', 1]]); // prettier-ignore
    expect([exposed.value('brink_cache_bytes', at), exposed.value('brink_cache_entries', at)]).toEqual([600, 2]);
  });
});

describe('the number of versions that are shown', () => {
  it('is bounded: what comes beyond is counted together, and nothing is lost', async () => {
    const metrics = metricsOf({ limits: { versionsMax: 3 } });
    const labels = ['a', 'b', 'c', 'd', 'e'].map((model) => labelOf(model));
    versions = labels.map((of) => snapshotOf(of));
    for (const of of labels) metrics.observe(item(of));
    const rows = (await shown(metrics)).all('brink_inference_rows_total');
    expect(rows.map(({ labels: { model }, value }) => [model, value])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
      ['other', 2],
    ]);
  });

  it('makes room by dropping what the engine does not have any more', async () => {
    const metrics = metricsOf({ limits: { versionsMax: 3 } });
    for (const model of ['a', 'b', 'c']) metrics.observe(item(labelOf(model)));
    versions = [snapshotOf(labelOf('b'))];
    metrics.observe(item(labelOf('d')));
    const rows = (await shown(metrics)).all('brink_inference_rows_total');
    expect(rows.map(({ labels: { model } }) => model)).toEqual(['b', 'd']);
  });
});

describe('the metrics of the server', () => {
  it('say what runs, on what, and how the event loop fares', async () => {
    const metrics = metricsOf({
      providers: () => [
        { provider: 'cpu', available: true },
        { provider: 'cuda', available: false },
      ],
    });
    const exposed = await shown(metrics);
    expect(exposed.value('brink_build_info', { version: '1.2.3', onnxruntime: '1.29.0' })).toBe(1);
    expect(exposed.value('brink_provider_available', { provider: 'cpu' })).toBe(1);
    expect(exposed.value('brink_provider_available', { provider: 'cuda' })).toBe(0);
    expect(exposed.value('brink_server_resident_bytes')).toBeGreaterThan(2 ** 20);
    expect(exposed.value('brink_server_cpu_seconds_total')).toBeGreaterThan(0);
    expect(exposed.value('brink_server_start_time_seconds')).toBe(1_000);
    expect(exposed.value('brink_event_loop_delay_seconds_count')).toBe(0);
    expect(exposed.value('brink_event_loop_delay_max_seconds')).toBe(0);
  });

  it('watch the event loop from start to close', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    try {
      const metrics = metricsOf();
      const looks = async (): Promise<unknown> => (await shown(metrics)).value('brink_event_loop_delay_seconds_count');
      metrics.start();
      vi.advanceTimersByTime(200);
      expect(await looks()).toBe(10);
      metrics.close();
      vi.advanceTimersByTime(200);
      expect([await looks(), vi.getTimerCount()]).toEqual([10, 0]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the metrics of artifacts', () => {
  it('say how often the disk had them, and what the source gave; what never happened is 0', async () => {
    const metrics = metricsOf();
    metrics.observeArtifact({ tier: 'disk', outcome: 'hit', bytes: 100 });
    metrics.observeArtifact({ tier: 'disk', outcome: 'hit', bytes: 20 });
    metrics.observeArtifact({ tier: 'source', outcome: 'corrupt', bytes: 0 });
    const exposed = await shown(metrics);
    expect(exposed.value('brink_artifact_reads_total', { tier: 'disk', outcome: 'hit' })).toBe(2);
    expect(exposed.value('brink_artifact_reads_total', { tier: 'source', outcome: 'corrupt' })).toBe(1);
    expect(exposed.value('brink_artifact_reads_total', { tier: 'source', outcome: 'failed' })).toBe(0);
    expect(exposed.value('brink_artifact_read_bytes_total', { tier: 'disk' })).toBe(120);
    expect(exposed.value('brink_artifact_read_bytes_total', { tier: 'source' })).toBe(0);
  });
});

describe('OpenMetrics', () => {
  it('shows the same as the older format, as often as either is asked for', async () => {
    const metrics = metricsOf({ tritonNames: true });
    versions = [snapshotOf(cat)];
    metrics.observe(item(cat));
    const [first, open, again, openAgain] = [
      await metrics.render('prometheus'),
      await metrics.render('openmetrics'),
      await metrics.render('prometheus'),
      await metrics.render('openmetrics'),
    ];
    expect(open.endsWith('# EOF\n')).toBe(true);
    expect(open).toContain('# TYPE brink_inference_rows counter\nbrink_inference_rows_total{');
    const steady = (text: string): string[] =>
      parsePrometheus(text)
        .samples.filter(({ name }) => !name.startsWith('brink_server_'))
        .map(({ name, labels, value }) => JSON.stringify([name, labels, value]));
    expect(steady(again)).toEqual(steady(first));
    expect(steady(openAgain)).toEqual(steady(open));
    expect(steady(open).sort()).toEqual(steady(first).sort());
  });
});
