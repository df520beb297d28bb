import { beforeEach, describe, expect, it } from 'vitest';
import type { VersionSnapshot } from '../../../origin/engine/engine-events.js';
import { Metrics } from '../../../origin/observe/metrics.js';
import type { RequestObserved } from '../../../origin/observe/request-series.js';
import { item, labelOf, snapshotOf } from './events.js';
import { type Exposed, parsePrometheus } from './prometheus-text.js';

const row = (members: Partial<RequestObserved> = {}): RequestObserved => ({
  protocol: 'rest',
  operation: 'infer',
  model: 'cat',
  status: 200,
  ms: 12,
  bytesIn: 100,
  bytesOut: 50,
  ...members,
});

let versions: VersionSnapshot[];
let nowMs: number;
beforeEach(() => {
  versions = [];
  nowMs = 0;
});
const metricsOf = (limits = {}): Metrics =>
  new Metrics({
    snapshot: () => versions,
    build: { version: '1', onnxruntime: '1' },
    clock: { now: () => nowMs },
    limits,
  });
const shown = async (metrics: Metrics): Promise<Exposed> => parsePrometheus(await metrics.render());
const total = (exposed: Exposed, name: string): number => exposed.all(name).reduce((sum, { value }) => sum + value, 0);

describe('the metrics of requests', () => {
  it('tell protocol, operation, model, status and code apart', async () => {
    const metrics = metricsOf();
    metrics.observe(item(labelOf('cat')));
    const rows = [
      row(),
      row(),
      row({ status: 503, code: 'queue-full', bytesOut: 0 }),
      row({ protocol: 'grpc', status: 'OK' }),
      row({ protocol: 'grpc-stream', status: 'RESOURCE_EXHAUSTED', code: 'queue-full' }),
      row({ operation: 'predict', status: 404, code: 'version-fenced' }),
    ];
    for (const one of rows) metrics.observeRequest(one);
    const exposed = await shown(metrics);
    const rest = { protocol: 'rest', operation: 'infer', model: 'cat' };
    expect(exposed.value('brink_requests_total', { ...rest, status: '200', code: '' })).toBe(2);
    expect(exposed.value('brink_requests_total', { ...rest, status: '503', code: 'queue-full' })).toBe(1);
    expect(exposed.value('brink_requests_total', { protocol: 'grpc', status: 'OK' })).toBe(1);
    expect(exposed.value('brink_requests_total', { status: 'RESOURCE_EXHAUSTED' })).toBe(1);
    expect(exposed.value('brink_requests_total', { operation: 'predict', code: 'version-fenced' })).toBe(1);
    expect(exposed.value('brink_request_duration_seconds_count', { ...rest, outcome: 'ok' })).toBe(2);
    expect(exposed.value('brink_request_duration_seconds_sum', { ...rest, outcome: 'error' })).toBeCloseTo(0.012, 9);
    expect(exposed.value('brink_request_bytes_total', rest)).toBe(300);
    expect(exposed.value('brink_response_bytes_total', rest)).toBe(100);
  });

  it('name no model that a caller made up, no code and no status that is none, and count them all the same', async () => {
    const metrics = metricsOf();
    for (let n = 0; n < 100; n += 1) {
      metrics.observeRequest(row({ model: `made-up-${n}`, code: `made-up-${n}`, status: `made up ${n}` }));
      metrics.observeRequest(row({ model: `made-up-${n}`, code: 'unknown-model', status: 1_000 + n }));
    }
    const exposed = await shown(metrics);
    const labels = exposed.all('brink_requests_total').map((sample) => sample.labels);
    expect(labels).toEqual([{ protocol: 'rest', operation: 'infer', model: 'other', status: 'other', code: 'other' }]);
    expect(total(exposed, 'brink_requests_total')).toBe(200);
  });

  it('have no model where the operation has none', async () => {
    const metrics = metricsOf();
    const { model: _, ...bare } = row({ operation: 'server-ready' });
    metrics.observeRequest(bare);
    expect((await shown(metrics)).value('brink_requests_total', { operation: 'server-ready', model: '' })).toBe(1);
  });

  it('of a model end with its last version', async () => {
    const metrics = metricsOf();
    for (const of of [labelOf('cat'), labelOf('cat', 'v2'), labelOf('dog')]) metrics.observe(item(of));
    for (const model of ['cat', 'dog']) {
      metrics.observeRequest(row({ model }));
      metrics.observeRequest(row({ model, status: 'UNKNOWN ', code: 'no code' }));
    }
    const after = async (...left: VersionSnapshot[]): Promise<string[]> => {
      versions = left;
      await metrics.render();
      nowMs += 10 * 60_000;
      const { samples } = await shown(metrics);
      return [...new Set(samples.map(({ labels }) => labels['model'] ?? ''))].filter((model) => model !== '').sort();
    };
    expect(await after(snapshotOf(labelOf('cat', 'v2')), snapshotOf(labelOf('dog')))).toEqual(['cat', 'dog']);
    expect(await after(snapshotOf(labelOf('dog')))).toEqual(['dog']);
    expect(await after()).toEqual([]);
  });

  it('are bounded in number: what comes beyond is of the model other', async () => {
    const metrics = metricsOf({ setsMax: 2, outcomesMax: 2 });
    for (const model of ['a', 'b', 'c']) metrics.observe(item(labelOf(model)));
    for (const model of ['a', 'b', 'c']) metrics.observeRequest(row({ model }));
    for (const status of [400, 401, 402]) metrics.observeRequest(row({ model: 'a', status, code: 'internal' }));
    const exposed = await shown(metrics);
    const named = exposed
      .all('brink_requests_total')
      .map(({ labels: { model, status }, value }) => [model, status, value]);
    expect(named.sort()).toEqual([
      ['a', '200', 1],
      ['a', '400', 1],
      ['a', 'other', 2],
      ['b', '200', 1],
      ['other', '200', 1],
    ]);
  });
});
