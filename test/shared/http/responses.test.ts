import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { errorResponse } from '../../../shared/http/responses.js';
import { onError, requestScope, type RequestVariables } from '../../../shared/http/request-scope.js';
import { registerRoutes, unknownRoute } from '../../../shared/http/routing.js';
import { traceOf } from '../../../shared/http/trace.js';
import { seededRandom } from '../../harness/random.js';

describe('an error as a response', () => {
  it.each([
    ['queue-full', undefined, '1'],
    ['queue-full', 2_400, '3'],
    ['too-many-requests', 10, '1'],
    ['bad-name', 5_000, null],
  ] as const)('%s with %s ms to wait has retry-after %s', (code, retryAfterMs, expected) => {
    const options = retryAfterMs === undefined ? {} : { retryAfterMs };
    expect(errorResponse(new BrinkError(code, 'x', options)).headers.get('retry-after')).toBe(expected);
  });

  it('says what is known of the request, and never its cause', async () => {
    const error = new BrinkError('no-tier-available', 'none', { cause: new Error('/etc/secret') });
    const report = {
      ref: { version: 'v1', digest: 'd' },
      epoch: 3,
      attempts: [{ tier: 'edge' as const, ms: 1, failure: 'loading' }],
    };
    const response = errorResponse(error, report);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-brink-version': 'v1',
      'x-brink-epoch': '3',
      'x-brink-attempts': 'edge:loading',
    });
    expect(await response.json()).toEqual({ error: 'none', code: 'no-tier-available' });
  });
});

describe('a trace', () => {
  const random = seededRandom(1);
  const sent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

  it('is passed on with a parent id of our own', () => {
    const trace = traceOf('req-1', sent, random);
    expect(trace.requestId).toBe('req-1');
    expect(trace.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-00$/);
  });

  it.each([undefined, 'x', sent.replace('00-', 'ff-'), `00-${'0'.repeat(32)}-b7ad6b7169203331-01`])(
    'is made when %s came',
    (traceparent) => {
      expect(traceOf(undefined, traceparent, random).traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    },
  );

  it('never repeats a request id that is malformed', () => {
    for (const id of ['', 'a b', 'a\r\nx: y', 'x'.repeat(129), 'ü'])
      expect(traceOf(id, undefined, random).requestId).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('the app', () => {
  const rows: Record<string, unknown>[] = [];
  const app = new Hono<{ Variables: RequestVariables }>();
  app.use(
    requestScope({ tier: 'edge', clock: { now: () => 5 }, random: seededRandom(2), log: (row) => rows.push(row) }),
  );
  app.onError(onError((row) => rows.push(row)));
  app.notFound(unknownRoute);
  registerRoutes(app, [
    { method: 'GET', path: '/thing/:id', handler: () => new Response('ok') },
    {
      method: 'POST',
      path: '/thing/:id',
      handler: () => {
        throw new TypeError('boom at /etc/secret');
      },
    },
  ]);

  it('writes one row per request, whatever comes of it, with the route and not the path', async () => {
    rows.length = 0;
    expect((await app.request('/thing/1?token=abc')).status).toBe(200);
    expect(rows).toEqual([
      expect.objectContaining({ event: 'request', route: '/thing/:id', status: 200, ms: 0, tier: 'edge' }),
    ]);
    expect(JSON.stringify(rows)).not.toContain('abc');
  });

  it('answers 405 with what is allowed, and 404 where there is nothing', async () => {
    const wrong = await app.request('/thing/1', { method: 'DELETE' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, POST']);
    expect(await (await app.request('/nothing')).json()).toMatchObject({ code: 'unknown-route' });
  });

  it('keeps what it did not expect out of the body and in the log', async () => {
    rows.length = 0;
    const response = await app.request('/thing/1', { method: 'POST' });
    expect([response.status, await response.json()]).toEqual([
      500,
      { error: 'the server failed in a way it did not expect', code: 'internal' },
    ]);
    expect(rows.map(({ event }) => event)).toEqual(['cause', 'request']);
    expect(rows[0]?.['cause']).toMatch(/TypeError: boom/);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });
});
