import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHttpServer } from '../../../origin/http/create-server.js';
import { FrontDoor } from '../../../origin/http/front-door.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { RequestEnded } from '../../../shared/http/request-scope.js';
import { HttpClient } from '../../harness/http-client.js';
import { ManualTime } from '../harness.js';

const full = new BrinkError('overloaded', 'expected at most 2 requests at once, got 3', { retryAfterMs: 1_200 });
const infer = { path: '/v2/models/busy/infer', body: 'x'.repeat(200_000) };

let time: ManualTime;
let rows: Record<string, unknown>[];
let ended: RequestEnded[];
let reached: string[];
let server: Server;
let door: FrontDoor;
let client: HttpClient;

beforeEach(async () => {
  time = new ManualTime();
  [rows, ended, reached] = [[], [], []];
  door = new FrontDoor({
    refusal: (model) => (model === 'busy' ? full : undefined),
    clock: time,
    random: () => 0.5,
    schedule: time.schedule,
    log: (row) => rows.push(row),
    onEnd: (row) => ended.push(row),
  });
  server = createHttpServer(async (request) => {
    reached.push(new URL(request.url).pathname);
    await request.arrayBuffer();
    return new Response('app');
  }, door);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new HttpClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {}, 1);
});
afterEach(async () => {
  client.close();
  await new Promise((resolve) => server.close(resolve));
});

it('turns away who asks for a full model, with when to come again, and the connection is good for the next', async () => {
  let connections = 0;
  server.on('connection', () => (connections += 1));
  for (const path of [infer.path, '/v2/models/busy/versions/v1/infer?a=b', '/v1/models/busy/predict']) {
    const reply = await client.send({ ...infer, path, headers: { 'x-request-id': 'mine' } });
    expect(reply.status).toBe(full.status);
    expect(JSON.parse(reply.bytes.toString())).toEqual({ error: full.message, code: 'overloaded' });
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json',
      'retry-after': '2',
      'cache-control': 'no-store',
      'x-request-id': 'mine',
      'x-brink-served-by': 'origin',
    });
  }
  expect((await client.send({ path: '/v2/models/other/infer', body: 'y' })).bytes.toString()).toBe('app');
  expect(reached).toEqual(['/v2/models/other/infer']);
  expect(connections).toBe(1);
});

it('lets a caller whose connection ends with the answer send his body first: he would never see an earlier one', async () => {
  const body = 'x'.repeat(8_000_000);
  const reply = await client.send({ ...infer, body, headers: { connection: 'close' } });
  expect(reply.bytes.toString()).toBe('app');
});

it('leaves to the app whatever is no run of a full model, and browsers', async () => {
  const others = [
    { path: '/v2/models/busy' },
    { path: '/v2/models/busy/ready' },
    { path: '/v2/models/busy/infer' },
    { path: '/v2/models/busy/infer/more', body: '' },
    { path: '/v2/repository/models/busy/load', body: '{}' },
    { path: '/v2/models/%62usy/infer', body: '{}' },
    { ...infer, headers: { origin: 'https://app.example' } },
  ];
  for (const request of others) expect((await client.send(request)).bytes.toString()).toBe('app');
  expect(reached).toHaveLength(others.length);
});

it('tells of each in the metrics, and of all of them in one row a second', async () => {
  for (let time = 0; time < 3; time += 1) await client.send(infer);
  expect(ended.map(({ operation, model, status, code }) => [operation, model, status, code])).toEqual(
    Array.from({ length: 3 }, () => ['infer', 'busy', full.status, 'overloaded']),
  );
  expect(rows).toEqual([]);
  time.advance(1_000);
  expect(rows).toEqual([{ event: 'turned-away', level: 'warn', tier: 'origin', model: 'busy', count: 3 }]);
  await client.send(infer);
  door.close();
  expect(rows[1]).toMatchObject({ count: 1 });
});
