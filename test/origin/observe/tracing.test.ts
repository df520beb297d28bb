import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createTracing,
  type TracedRequest,
  type Tracing,
  type TracingOptions,
} from '../../../origin/observe/tracing.js';
import { seededRandom } from '../../harness/random.js';
import { OtlpCollector } from './otlp-collector.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const own = '00f067aa0ba902b7';
const caller = 'b7ad6b7169203331';

const request = (members: Partial<TracedRequest> = {}): TracedRequest => ({
  traceparent: `00-${traceId}-${own}-01`,
  name: 'infer cat',
  startMs: 1_700_000_000_000.25,
  endMs: 1_700_000_000_010,
  status: 'ok',
  attributes: { 'brink.model': 'cat', 'brink.rows': 4 },
  children: [
    { name: 'queue', startMs: 1_700_000_000_001, endMs: 1_700_000_000_003 },
    { name: 'compute', startMs: 1_700_000_000_003, endMs: 1_700_000_000_009, attributes: { 'brink.batch_rows': 8 } },
  ],
  ...members,
});

let collector: OtlpCollector;
let endpoint: URL;
let rows: Readonly<Record<string, unknown>>[];
let tracing: Tracing | undefined;
beforeEach(async () => {
  collector = new OtlpCollector();
  endpoint = await collector.listen();
  rows = [];
});
afterEach(async () => {
  collector.status = 200;
  await tracing?.shutdown();
  await collector.close();
});

async function started(options: Partial<TracingOptions> = {}): Promise<Tracing> {
  tracing = await createTracing({
    endpoint,
    serviceName: 'brink-origin',
    ratio: 1,
    log: (row) => rows.push(row),
    ...options,
  });
  return tracing;
}
/** What the collector has when tracing has ended. */
async function sent(options: Partial<TracingOptions>, ...requests: TracedRequest[]): Promise<OtlpCollector['spans']> {
  const running = await started(options);
  for (const one of requests) running.request(one);
  await running.shutdown();
  return collector.spans;
}

describe('tracing', () => {
  it("sends the request's own span and its parts as children, over OTLP/HTTP", async () => {
    const spans = await sent({ serviceVersion: '1.2.3' }, request({ parent: `00-${traceId}-${caller}-01` }));
    expect(spans.map(({ name }) => name).sort()).toEqual(['compute', 'infer cat', 'queue']);
    const [server, queue, compute] = ['infer cat', 'queue', 'compute'].map((name) =>
      spans.find((span) => span.name === name),
    );
    expect(server).toMatchObject({
      traceId,
      spanId: own,
      parentSpanId: caller,
      kind: 2, // SPAN_KIND_SERVER
      startTimeUnixNano: '1700000000000250000',
      endTimeUnixNano: '1700000000010000000',
      attributes: [
        { key: 'brink.model', value: { stringValue: 'cat' } },
        { key: 'brink.rows', value: { intValue: 4 } },
      ],
      status: { code: 0 },
    });
    expect(queue).toMatchObject({ traceId, parentSpanId: own, kind: 1, startTimeUnixNano: '1700000000001000000' });
    expect(compute).toMatchObject({ traceId, parentSpanId: own, endTimeUnixNano: '1700000000009000000' });
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(3);
    const [first] = collector.requests;
    expect([first?.path, first?.headers['content-type']]).toEqual(['POST /v1/traces', 'application/json']);
    expect(first?.body.resourceSpans[0]?.resource.attributes).toEqual([
      { key: 'service.name', value: { stringValue: 'brink-origin' } },
      { key: 'service.version', value: { stringValue: '1.2.3' } },
    ]);
  });

  it('takes an endpoint with a path, with or without the path of traces, and sends its headers', async () => {
    await sent({ endpoint: new URL('/otel/', endpoint), headers: { 'x-key': 'k' } }, request());
    await sent({ endpoint: new URL('/otel/v1/traces', endpoint) }, request());
    expect(collector.requests.map(({ path }) => path)).toEqual(['POST /otel/v1/traces', 'POST /otel/v1/traces']);
    expect(collector.requests[0]?.headers['x-key']).toBe('k');
  });

  it('begins a trace where the caller sent none, or one of another trace', async () => {
    const spans = await sent(
      {},
      request({ children: [] }),
      request({ children: [], parent: `00-${'1'.repeat(32)}-${caller}-00` }),
      request({ children: [], parent: 'nonsense' }),
    );
    expect(spans.map((span) => [span.traceId, span.spanId, span.parentSpanId])).toEqual([
      [traceId, own, undefined],
      [traceId, own, undefined],
      [traceId, own, undefined],
    ]);
  });

  it.each([
    ['overloaded', 2],
    ['internal', 2],
    ['unknown-model', 0],
    ['wrong-shape', 0],
  ] as const)('names the code %s, and calls only the fault of the server an error (%i)', async (status, code) => {
    const [span] = await sent({}, request({ status, children: [] }));
    expect(span?.status.code).toBe(code);
    expect(span?.attributes).toContainEqual({ key: 'error.type', value: { stringValue: status } });
  });

  it("does as the caller's flag says, whatever the ratio", async () => {
    const parent = (flags: string): string => `00-${traceId}-${caller}-${flags}`;
    const spans = await sent(
      { ratio: 0 },
      request({ name: 'yes', parent: parent('01'), children: [] }),
      request({ name: 'no', parent: parent('00'), children: [] }),
      request({ name: 'none', children: [] }),
    );
    expect(spans.map(({ name }) => name)).toEqual(['yes']);
    expect(tracing?.records(request({ parent: parent('01') }))).toBe(true);
    expect(tracing?.records(request({ parent: parent('00') }))).toBe(false);
  });

  it('records a share of the traces that begin here, the same ones each time', async () => {
    const random = seededRandom(1);
    const hex = (): string => Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
    const many = Array.from({ length: 400 }, () => ({ traceparent: `00-${hex()}-${own}-01` }));
    const quarter = await started({ ratio: 0.25 });
    const chosen = many.filter((one) => quarter.records(one));
    await quarter.shutdown();
    expect(chosen.length).toBeGreaterThan(60);
    expect(chosen.length).toBeLessThan(140);
    const half = await started({ ratio: 0.5 });
    expect(chosen.every((one) => half.records(one))).toBe(true);
  });

  it('cuts attributes to a bound', async () => {
    const attributes = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'x'.repeat(1_000)]));
    const [span] = await sent({}, request({ attributes, children: [] }));
    expect(span?.attributes).toHaveLength(32);
    expect(span?.attributes[0]?.value).toEqual({ stringValue: 'x'.repeat(256) });
  });

  it('drops spans beyond the bound of its queue', async () => {
    collector.status = 0; // the first batch hangs, and the rest must wait
    const running = await started({
      limits: { queuedSpansMax: 10, batchSpansMax: 5, shutdownMsMax: 50, sendMsMax: 300 },
    });
    for (let n = 0; n < 100; n += 1) running.request(request({ children: [] }));
    await expect.poll(() => collector.attempts).toBeGreaterThan(0);
    collector.status = 200;
    await running.shutdown();
    await expect.poll(() => rows.length).toBe(1); // the batch that hung was given up
    await expect.poll(() => collector.spans.length).toBe(10);
  });

  it('loses spans without harm when the collector refuses them, and says so in the log', async () => {
    collector.status = 400;
    expect(await sent({}, request(), request())).toEqual([]);
    expect(rows).toMatchObject([{ event: 'spans-lost', level: 'warn', spans: 6 }]);
  });

  it('loses spans without harm when nobody is there', async () => {
    await collector.close();
    const running = await started({ limits: { sendMsMax: 100 } });
    running.request(request());
    await running.shutdown();
    await expect.poll(() => rows).toMatchObject([{ event: 'spans-lost', spans: 3 }]);
  });

  it('ends in bounded time with a collector that never answers', async () => {
    collector.status = 0;
    const running = await started({ limits: { shutdownMsMax: 20, sendMsMax: 600_000 } });
    running.request(request());
    await running.shutdown(); // the time limit of the test is shorter than the one of the export
    expect(collector.spans).toEqual([]);
  });

  it('ignores a request whose own identity is malformed', async () => {
    expect(await sent({}, request({ traceparent: `00-${'0'.repeat(32)}-${own}-01` }))).toEqual([]);
    expect(tracing?.records({ traceparent: 'x' })).toBe(false);
  });

  it('is nothing where no collector is named', async () => {
    const off = await started({ endpoint: undefined });
    off.request(request());
    expect(off.records(request({ parent: `00-${traceId}-${caller}-01` }))).toBe(false);
    await off.shutdown();
    expect(collector.attempts).toBe(0);
  });

  it('leaves OpenTelemetry to be loaded late in a bundle, too', async () => {
    const { outputFiles } = await build({
      entryPoints: ['origin/observe/tracing.ts'],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      packages: 'external',
    });
    const text = outputFiles[0]?.text ?? '';
    expect(text).toContain('import("@opentelemetry/api")');
    expect(text).not.toMatch(/^import .*opentelemetry/m);
  });
});
