import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { originApp } from '../../../origin/http/app.js';
import { createHttpServer } from '../../../origin/http/create-server.js';
import { Keys } from '../../../shared/auth/keys.js';
import type { KeyRings } from '../../../shared/http/authentication.js';
import type { DataTier } from '../../../shared/http/data-tier.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { Answer, Call } from '../../../shared/serve/call.js';
import { HttpClient } from '../../harness/http-client.js';
import { sendBytes } from '../../harness/send-bytes.js';

const bodyBytesMax = 300_000;
const path = '/v1/models/m/predict';
const ringsOf = (inference: string): KeyRings => ({
  inference: Keys.parse('i', inference),
  read: Keys.parse('r', ''),
  admin: Keys.parse('a', ''),
  artifacts: Keys.parse('x', ''),
});

let server: Server;
let client: HttpClient;
let url: string;
let rings: KeyRings;
let calls: Call[];
/** What the tier does with a call before it answers. */
let run: (call: Call) => Promise<void>;

beforeAll(async () => {
  const tier = {
    name: 'origin',
    async answer(call): Promise<Answer> {
      calls.push(call);
      await run(call);
      const body = {
        contentType: 'application/octet-stream',
        inferenceHeaderLength: undefined,
        bytes: call.body.bytes,
      };
      return { body, ref: { version: 'v1', digest: 'd' }, epoch: 1, servedBy: 'origin', attempts: [] };
    },
  } as Partial<DataTier> as DataTier;
  const limitsOf = () => ({ ...defaultLimits, bodyBytesMax });
  const app = originApp({ tier, log: () => undefined, keysOf: () => rings, limitsOf, corsOrigins: [] });
  server = createHttpServer(app.fetch);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new HttpClient(url);
});
afterAll(async () => {
  client.close();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  rings = ringsOf('');
  calls = [];
  run = () => Promise.resolve();
});

describe('a body at the origin', () => {
  it.each([0, 1, 100, 65_536, bodyBytesMax])(
    'of %i bytes arrives as it was sent, whole and in pieces',
    async (size) => {
      const body = randomBytes(size);
      const pieces = [body.subarray(0, size >> 1), body.subarray(size >> 1)];
      for (const sent of [body, pieces, gzipSync(body)]) {
        const headers: Record<string, string> = sent !== body && sent !== pieces ? { 'content-encoding': 'gzip' } : {};
        if (Buffer.isBuffer(sent) && sent.length > bodyBytesMax) continue; // noise grows when it is compressed
        const reply = await client.send({ path, body: sent, headers });
        expect([reply.status, reply.bytes.equals(body)]).toEqual([200, true]);
      }
    },
  );

  it('is bytes as any: no Buffer of Node reaches what decodes them', async () => {
    await client.send({ path, body: 'abc' });
    expect(Object.getPrototypeOf(calls[0]?.body.bytes)).toBe(Uint8Array.prototype);
  });

  it('that is too large is refused, and the next request is answered', async () => {
    const pieces = Array.from({ length: 4 }, () => Buffer.alloc(100_000));
    const refused = await client.send({ path, body: pieces });
    expect([refused.status, JSON.parse(refused.bytes.toString())]).toMatchObject([413, { code: 'body-too-large' }]);
    expect((await client.send({ path, body: 'x' })).status).toBe(200);
  });

  it('that breaks off never reaches the tier', async () => {
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc`;
    expect(await sendBytes(url, head, { hangUp: true })).toMatch(/^HTTP\/1.1 400/);
    expect(calls).toEqual([]);
  });
});

describe('the signal of a call', () => {
  it('aborts when the caller vanishes in the middle of the run', async () => {
    const gone = new Promise<void>((resolve) => {
      run = ({ signal }) =>
        new Promise((done) => {
          signal?.addEventListener('abort', () => {
            resolve();
            done();
          });
          vanish();
        });
    });
    const leaving = new AbortController();
    const vanish = (): void => leaving.abort();
    await expect(fetch(url + path, { method: 'POST', body: 'x', signal: leaving.signal })).rejects.toThrow();
    await gone;
    expect(calls).toHaveLength(1);
  });

  it('does not abort when the caller has its answer, and lets the connection be used again', async () => {
    for (let request = 0; request < 3; request += 1) expect((await client.send({ path, body: 'x' })).status).toBe(200);
    expect(calls.map(({ signal }) => signal?.aborted)).toEqual([false, false, false]);
  });
});

describe('the keys of the origin', () => {
  it('are looked up on every request', async () => {
    const [old, next] = ['an-old-inference-key-01234', 'a-new-inference-key-012345'];
    const ask = async (token: string) =>
      (await client.send({ path, body: 'x', headers: { authorization: `Bearer ${token}` } })).status;
    rings = ringsOf(`app=${old}`);
    expect([await ask(old), await ask(next)]).toEqual([200, 401]);
    rings = ringsOf(`app=${next}`);
    expect([await ask(old), await ask(next)]).toEqual([401, 200]);
  });
});
