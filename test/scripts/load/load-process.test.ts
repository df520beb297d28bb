import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../../scripts/commands/usage-error.js';
import type { LoadPlan } from '../../../scripts/load/load-plan.js';
import { LoadProcess } from '../../../scripts/load/load-process.js';
import type { LoadResult } from '../../../scripts/load/load-result.js';
import { planOf } from './load-results.js';
import { LoadServer, type Reply } from './load-server.js';

const ok: Reply = (_, response) => response.end('ok');

let session: LoadProcess;
let server: LoadServer;
beforeAll(async () => {
  session = await LoadProcess.start();
});
afterAll(() => session.close());
beforeEach(async () => {
  server = await LoadServer.start(ok);
});
afterEach(() => server.stop());

function plan(more: Partial<LoadPlan> = {}): LoadPlan {
  const target = { kind: 'http', url: server.url, method: 'POST', path: '/infer', headers: { 'x-all': 'a' } } as const;
  return planOf({ target, seconds: 0.4, shape: { kind: 'closed', connections: 4 }, ...more });
}

/** A run that is stopped when the server has had so many requests: how long that takes does not matter. */
async function runUntil(requests: number, more: Partial<LoadPlan> = {}): Promise<LoadResult> {
  const stopping = new AbortController();
  const { reply } = server;
  server.reply = (...given) => {
    if (given[2] >= requests) stopping.abort();
    reply(...given);
  };
  return session.run(plan({ seconds: 60, ...more }), { signal: stopping.signal });
}

/** Whatever happens, every request is counted once. */
function expectToAddUp({ sent, answered, refused, failed, wrong, timedOut, kinds }: LoadResult): void {
  expect(answered + refused + failed + wrong + timedOut).toBe(sent);
  expect(Object.values(kinds).reduce((sum, count) => sum + count, 0)).toBe(sent);
}

describe('a load run in its own process', () => {
  it('keeps as many requests under way as a closed loop has connections, and sends what it was given', async () => {
    server.reply = (_, response, number) => {
      response.setHeader('x-brink-served-by', number % 2 === 0 ? 'edge' : 'origin');
      response.setHeader('x-brink-version', 'v1');
      response.end('ok');
    };
    const bodies = [{ bytes: Buffer.from('hello'), headers: { 'content-type': 'text/plain' } }];
    const result = await runUntil(50, { bodies });
    expectToAddUp(result);
    expect(result.answered).toBe(server.requests);
    expect(result.answered).toBeGreaterThan(50);
    expect(server.connections).toBe(4);
    expect(result.connections).toMatchObject({ used: 4, inFlightMax: 4 });
    expect(new Set(server.bodies.map(String))).toEqual(new Set(['hello']));
    const { 'edge v1': edge = 0, 'origin v1': origin = 0 } = result.servedBy;
    expect(edge + origin).toBe(result.answered);
    expect(Math.abs(edge - origin)).toBeLessThanOrEqual(1);
  });

  it('ends by itself, and says what it cost', async () => {
    const result = await session.run(plan());
    expectToAddUp(result);
    expect(result).toMatchObject({ ended: 'done', valid: true, invalidBecause: null });
    expect(result.generatorCpuS).toBeGreaterThan(0);
  });

  it('counts refusals apart, and those that lack retry-after', async () => {
    server.reply = (_, response, number) => {
      response.statusCode = [200, 429, 503][number % 3] ?? 200;
      if (response.statusCode === 429) response.setHeader('Retry-After', '1');
      response.end();
    };
    const result = await runUntil(30);
    expectToAddUp(result);
    expect(result.refused).toBe((result.kinds['429'] ?? 0) + (result.kinds['503'] ?? 0));
    expect(result.withoutRetryAfter).toBe(result.kinds['503']);
    expect(result.latency.p50Ms).not.toBeNull();
    expect(result.refusedLatency.p50Ms).not.toBeNull();
  });

  it('adds up under resets, answers cut short, other statuses and requests that are never answered', async () => {
    server.reply = (request, response, number) => {
      if (number % 5 === 0) request.socket.destroy();
      else if (number % 5 === 1) {
        response.writeHead(200, { 'content-length': '10' });
        response.write('half');
        setImmediate(() => request.socket.destroy());
      } else if (number % 5 === 2) {
        response.statusCode = 500;
        response.end();
      } else if (number % 5 === 4) response.end('ok');
    };
    const result = await runUntil(30, { timeoutMs: 100 });
    expectToAddUp(result);
    expect(result.sent).toBe(server.requests);
    expect(result.failed).toBeGreaterThan(0);
    expect(result.timedOut).toBe(result.kinds['timed out']);
    expect(result.timedOut).toBeGreaterThan(0);
    expect(result.kinds['500']).toBeGreaterThan(0);
    expect(result.answered).toBe(result.kinds['200']);
  });

  it('adds up when nobody listens, and does not ask thousands of times', async () => {
    const target = { kind: 'http', url: 'http://127.0.0.1:1', method: 'POST', path: '/', headers: {} } as const;
    const result = await session.run(plan({ target }));
    expectToAddUp(result);
    expect(result.failed).toBe(result.sent);
    expect(result.sent).toBeLessThan(100);
    expect(Object.keys(result.kinds)).toEqual(['ECONNREFUSED']);
  });

  it('finds answers of another length in every answer, and other bytes in every so many', async () => {
    server.reply = (_, response, number) => response.end(number < 5 ? 'good' : number < 10 ? 'evil' : 'longer');
    const hex = createHash('sha256').update('good').digest('hex');
    const check = { lengthBytes: 4, content: { kind: 'sha256', hex } } as const;
    const bodies = [{ bytes: Buffer.from('x'), check }];
    const result = await runUntil(20, { bodies, checkEvery: 3, shape: { kind: 'closed', connections: 1 } });
    expectToAddUp(result);
    expect(result.kinds['wrong content']).toBe(2); // the answers 6 and 9
    expect(result.kinds['wrong length']).toBe(result.sent - 10);
    expect(result.answered).toBe(8);
  });

  it('sends an open loop on a schedule of which the seed decides how many requests are due', async () => {
    const shape = { kind: 'open', ratePerS: 100, seed: 5, connectionsMax: 8 } as const;
    const runs = [await session.run(plan({ shape })), await session.run(plan({ shape }))];
    const due = runs.map(({ sent, unsent }) => sent + unsent);
    expect(due[0]).toBe(due[1]);
    const other = await session.run(plan({ shape: { ...shape, seed: 6 }, seconds: 0.5 }));
    expect(other.sent + other.unsent).not.toBe(due[0]);
    for (const run of [...runs, other]) expectToAddUp(run);
  });

  it('refuses a run whose requests find no free connection, and counts what was never sent', async () => {
    server.reply = () => undefined;
    const shape = { kind: 'open', ratePerS: 200, seed: 1, connectionsMax: 2 } as const;
    const result = await session.run(plan({ shape, timeoutMs: 1_000, seconds: 0.3 }));
    expectToAddUp(result);
    expect(result).toMatchObject({ sent: 2, timedOut: 2, valid: false });
    expect(result.unsent).toBeGreaterThan(10);
    expect(result.lateSentShare).toBeGreaterThan(0.5);
    expect(result.invalidBecause).toMatch(
      /^\d+\.\d % of the requests were sent more than 2 ms late; at most 1\.0 % may be$/,
    );
  });

  it('does not count what it sends to warm up', async () => {
    const result = await session.run(plan({ warmUpS: 0.3, seconds: 0.3 }));
    expectToAddUp(result);
    expect(result.sent).toBeLessThan(server.requests);
  });

  it('chooses among bodies by a seed', async () => {
    const bodies = ['a', 'b', 'c'].map((text) => ({ bytes: Buffer.from(text) }));
    const orders: string[] = [];
    for (const bodySeed of [1, 1, 2]) {
      server.bodies.length = 0;
      server.requests = 0;
      await runUntil(20, { bodies, bodySeed, shape: { kind: 'closed', connections: 1 } });
      orders.push(server.bodies.slice(0, 20).join(''));
    }
    expect(orders[0]).toBe(orders[1]);
    expect(orders[0]).not.toBe(orders[2]);
    expect(new Set(orders[0])).toEqual(new Set(['a', 'b', 'c']));
  });

  it('ends with what it has when it is stopped, and can run again', async () => {
    const result = await runUntil(20);
    expectToAddUp(result);
    expect(result).toMatchObject({ ended: 'stopped', valid: false, invalidBecause: 'it was stopped before its end' });
    expect(result.answered).toBeGreaterThanOrEqual(20);
    expect(result.seconds).toBeLessThan(60);
    expect((await session.run(plan())).ended).toBe('done');
  });

  it('tells how far it is', async () => {
    const phases = new Set<string>();
    await session.run(plan({ warmUpS: 0.4, seconds: 0.6 }), { onProgress: ({ phase }) => phases.add(phase) });
    expect([...phases].slice(0, 2)).toEqual(['warm-up', 'measuring']);
  });

  it.each<[string, Partial<LoadPlan>]>([
    ['expected 0.1 to 600 seconds, got 601', { seconds: 601 }],
    ['expected 0 to 120 seconds of warm-up, got 121', { warmUpS: 121 }],
    ['expected 1 to 120000 milliseconds until a request is cut off, got 0', { timeoutMs: 0 }],
    ['expected 1 to 10000 request bodies, got 0', { bodies: [] }],
    ['expected 1 to 1024 connections, got 1025', { shape: { kind: 'closed', connections: 1_025 } }],
    ['expected a whole number of connections, got 1.5', { shape: { kind: 'closed', connections: 1.5 } }],
    [
      'expected 0.01 to 50000 requests a second, got 50001',
      { shape: { kind: 'open', ratePerS: 50_001, seed: 1, connectionsMax: 1 } },
    ],
  ])('refuses a plan with both numbers: %s', async (message, more) => {
    await expect(session.run(plan(more))).rejects.toThrow(new UsageError(message));
    expect(server.requests).toBe(0);
  });
});

describe('the process of load runs', () => {
  it('fails a run when it is gone', async () => {
    const own = await LoadProcess.start();
    await own.close();
    await expect(own.run(plan())).rejects.toThrow(/the load generator ended/);
  });

  it('says what to do when it is not built', async () => {
    await expect(LoadProcess.start('/nowhere/main.js')).rejects.toThrow(/run "node scripts\/build\.mjs" first/);
  });
});
