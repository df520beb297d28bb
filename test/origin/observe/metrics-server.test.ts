import { afterEach, describe, expect, it } from 'vitest';
import type { Log } from '../../../origin/engine/log.js';
import { Metrics } from '../../../origin/observe/metrics.js';
import { MetricsServer } from '../../../origin/observe/metrics-server.js';
import type { KeyRings } from '../../../shared/auth/key-rings.js';
import { Keys } from '../../../shared/auth/keys.js';
import { sendBytes } from '../../harness/send-bytes.js';
import { parsePrometheus } from './prometheus-text.js';

const token = (name: string): string => `${name}-token-of-16-characters`;
const ring = (name?: string): Keys => Keys.parse('TEST', name === undefined ? undefined : `${name}=${token(name)}`);
const closed: KeyRings = {
  inference: ring('inference'),
  read: ring('read'),
  admin: ring('admin'),
  artifacts: ring('artifacts'),
};
const open: KeyRings = { ...closed, inference: ring() };

let server: MetricsServer | undefined;
afterEach(async () => {
  await server?.close();
});

const noLog: Log = () => undefined;
const metricsOf = (): Metrics =>
  new Metrics({ snapshot: () => [], build: { version: '1', onnxruntime: '1' }, clock: { now: () => 0 } });

async function serve(rings: () => KeyRings = () => open, metrics = metricsOf(), log = noLog): Promise<string> {
  server = new MetricsServer({ host: '127.0.0.1', port: 0, metrics, rings, log });
  return (await server.listen()).url;
}

describe('the server of the metrics', () => {
  it('answers GET /metrics with the text that Prometheus reads, and HEAD without it', async () => {
    const url = await serve();
    const answer = await fetch(`${url}/metrics?format=any`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(parsePrometheus(await answer.text()).value('brink_build_info')).toBe(1);
    const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
    expect([head.status, Number(head.headers.get('content-length')) > 1_000, await head.text()]).toEqual([
      200,
      true,
      '',
    ]);
  });

  it.each([
    [
      'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.1',
      'application/openmetrics-text',
    ],
    ['application/openmetrics-text;q=0.2,text/plain;q=0.9', 'text/plain'],
    ['text/html,*/*;q=0.1', 'text/plain'],
    ['application/json', 'text/plain'],
  ])('answers accept: %s with %s', async (accept, expected) => {
    const answer = await fetch(`${await serve()}/metrics`, { headers: { accept } });
    expect(answer.headers.get('content-type')).toContain(expected);
    expect((await answer.text()).endsWith('# EOF\n')).toBe(expected !== 'text/plain');
  });

  it.each([
    ['closed', 'none', 401],
    ['closed', 'wrong', 401],
    ['closed', 'artifacts', 401],
    ['closed', 'read', 200],
    ['closed', 'inference', 200],
    ['closed', 'admin', 200],
    ['open', 'none', 200],
  ] as const)('on a data plane that is %s answers who has the token %s with %i', async (plane, name, status) => {
    const url = await serve(() => (plane === 'open' ? open : closed));
    const headers: Record<string, string> = name === 'none' ? {} : { authorization: `Bearer ${token(name)}` };
    const answer = await fetch(`${url}/metrics`, { headers });
    expect(answer.status).toBe(status);
    if (status === 401) expect(await answer.json()).toMatchObject({ code: 'unauthenticated' });
    else await answer.text();
  });

  it('looks at the keys of the moment', async () => {
    let rings = open;
    const url = await serve(() => rings);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    rings = closed;
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
  });

  it.each([
    ['GET', '/', 404, 'unknown-route'],
    ['GET', '/metrics/', 404, 'unknown-route'],
    ['POST', '/metrics', 405, 'method-not-allowed'],
    ['DELETE', '/metrics', 405, 'method-not-allowed'],
  ])('refuses %s %s with %i %s', async (method, path, status, code) => {
    const answer = await fetch(`${await serve()}${path}`, { method });
    expect([answer.status, await answer.json()]).toMatchObject([status, { code }]);
    if (status === 405) expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });

  it('refuses more than a head should hold, and what is no HTTP', async () => {
    const url = await serve();
    const long = `GET /metrics HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`;
    expect(await sendBytes(url, long)).toContain('"code":"bad-header"');
    expect(await sendBytes(url, 'nonsense\r\n\r\n')).toContain('"code":"invalid-request"');
  });

  it('says nothing internal when the figures cannot be had, and logs why', async () => {
    const rows: object[] = [];
    const metrics = {
      render: () => Promise.reject(new Error('at /secret/path')),
      observeRequest: () => undefined,
    } as unknown as Metrics;
    const url = await serve(
      () => open,
      metrics,
      (row) => rows.push(row),
    );
    const answer = await fetch(`${url}/metrics`);
    const text = await answer.text();
    expect([answer.status, text.includes('secret'), JSON.parse(text)]).toMatchObject([
      500,
      false,
      { code: 'internal' },
    ]);
    expect(JSON.stringify(rows)).toContain('/secret/path');
  });

  it('counts its own requests', async () => {
    const url = await serve(() => closed);
    await fetch(`${url}/metrics`);
    const read = async (): Promise<string> =>
      (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token('read')}` } })).text();
    await read();
    const exposed = parsePrometheus(await read());
    expect(exposed.value('brink_requests_total', { operation: 'metrics', status: '200' })).toBe(1);
    expect(exposed.value('brink_requests_total', { operation: 'metrics', code: 'unauthenticated' })).toBe(1);
  });

  it('says that its port is taken', async () => {
    const url = await serve();
    const port = Number(new URL(url).port);
    const second = new MetricsServer({ host: '127.0.0.1', port, metrics: metricsOf(), rings: () => open, log: noLog });
    await expect(second.listen()).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`);
  });
});
