import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../shared/errors/error-codes.js';
import { HttpClient, type WireRequest } from '../harness/http-client.js';
import { goodInfer, inferPath } from '../harness/infer-requests.js';
import { doubleModel } from '../harness/onnx.js';
import { expectRefusal } from '../harness/refusals.js';
import { adminToken, Stack } from '../harness/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start();
  await stack.releaseTest('double', doubleModel());
});
afterAll(() => stack.dispose());

/** What stands in a path as a name, as it goes over the wire. */
const badNames = [
  ['two dots inside', 'a..b'],
  ['dots and an escaped slash', '..%2f..%2fetc'],
  ['an escaped dot at the start', '%2ehidden'],
  ['a NUL', 'double%00'],
  ['a line break', 'double%0d%0ax-brink-digest:%20evil'],
  ['a blank', 'a%20b'],
  ['escaped quotes', '%22double%22'],
  ['a malformed escape', 'a%zz'],
  ['a lone percent sign', '%'],
  ['an escape that is not UTF-8', '%ff'],
  ['an escaped escape', '%2564ouble'],
  ['65 characters', 'a'.repeat(65)],
  ['8,000 characters', 'a'.repeat(8_000)],
  ['a prototype key', '__proto__'],
] as const;

/** These two are dot segments: the URL without them is another, which is no route. */
const dotSegments = ['..', '%2e%2e', '%2E.', '.%2e'];

const dataRoutes: readonly [string, (name: string) => WireRequest][] = [
  ['infer', (name) => ({ ...goodInfer, path: `/v2/models/${name}/infer` })],
  ['metadata', (name) => ({ path: `/v2/models/${name}` })],
  ['ready', (name) => ({ path: `/v2/models/${name}/ready` })],
  ['predict', (name) => ({ path: `/v1/models/${name}/predict`, body: 'x' })],
];
const versionRoutes: readonly [string, (version: string) => WireRequest][] = [
  ['infer', (version) => ({ ...goodInfer, path: `/v2/models/double/versions/${version}/infer` })],
  ['metadata', (version) => ({ path: `/v2/models/double/versions/${version}` })],
  ['ready', (version) => ({ path: `/v2/models/double/versions/${version}/ready` })],
  ['predict', (version) => ({ path: `/v1/models/double/versions/${version}/predict`, body: 'x' })],
];
const change = { body: JSON.stringify({ version: 'v1', why: 'test' }) };
const adminRoutes: readonly [string, (name: string) => WireRequest][] = [
  ['versions', (name) => ({ path: `/admin/v1/models/${name}/versions` })],
  ['publish', (name) => ({ path: `/admin/v1/models/${name}/versions`, ...change })],
  ['promote', (name) => ({ path: `/admin/v1/models/${name}/promote`, ...change })],
  ['rollback', (name) => ({ path: `/admin/v1/models/${name}/rollback`, ...change })],
  ['audit', (name) => ({ path: `/admin/v1/models/${name}/audit` })],
  ['lease', (name) => ({ path: `/artifacts/v1/models/${name}/lease` })],
];

const badNameText = (what: string): RegExp =>
  new RegExp(`^expected a ${what} name of 1 to 64 of .*, got one of \\d+ characters that is not$`);

describe.each(['edge', 'origin'] as const)('at the %s', (tier) => {
  let client: HttpClient;
  beforeAll(() => {
    client = HttpClient.for(stack, tier);
  });
  afterAll(() => client.close());
  const good = async (): Promise<void> => {
    const reply = await client.send(goodInfer);
    expect([reply.status, reply.headers['x-brink-served-by'], reply.headers['x-brink-version']]).toEqual([
      200,
      tier,
      'v1',
    ]);
  };

  describe.each(dataRoutes)('a bad model name in %s', (_, request) => {
    it.each(badNames)('is refused: %s', async (_what, name) => {
      const reply = await client.send(request(name));
      expectRefusal(reply, 'bad-name', badNameText('model'));
      expect(reply.headers['x-brink-digest']).toBeUndefined();
    });
    it('is another path when it is dots alone', async () => {
      for (const dots of dotSegments) expectRefusal(await client.send(request(dots)), 'unknown-route', /no such route/);
    });
    it('is unknown when it is a name and no model has it', async () => {
      for (const name of ['nobody', 'constructor', 'a'.repeat(64)]) {
        expectRefusal(await client.send(request(name)), 'unknown-model', /no .*model/);
      }
    });
    it('leaves the next good request alone', good);
  });

  describe.each(versionRoutes)('a bad version in %s', (_, request) => {
    it.each(badNames)('is refused: %s', async (_what, name) => {
      expectRefusal(await client.send(request(name)), 'bad-name', badNameText('version'));
    });
    it('is unknown when it is a name and no version has it', async () => {
      for (const name of ['v9', 'constructor']) {
        expectRefusal(await client.send(request(name)), 'unknown-version', /no .*version/);
      }
    });
    it('leaves the next good request alone', good);
  });

  it.each([
    ['an empty name', '/v2/models//infer'],
    ['a slash too many', '/v2//models/double/infer'],
    ['a slash at the end', `${inferPath}/`],
    ['two slashes at the start', `/${inferPath}`],
    ['a route that there is not', '/v2/models/double/explain'],
    ['an admin route without its version', '/admin/models'],
  ])('a path with %s is no route', async (_, path) => {
    const headers = tier === 'edge' ? { authorization: `Bearer ${adminToken}` } : {};
    expectRefusal(await client.send({ ...goodInfer, path, headers }), 'unknown-route', /no such route; \/openapi.json/);
  });

  it.each([
    ['GET', inferPath, 'POST'],
    ['PUT', inferPath, 'POST'],
    ['DELETE', '/v2/models/double', 'GET'],
    ['POST', '/v2/models/double/ready', 'GET'],
    ['PATCH', '/v1/models/double/predict', 'POST'],
    ['POST', '/v2/health/live', 'GET'],
    ['PROPFIND', '/v2', 'GET'],
  ])('%s on %s is refused with what is allowed', async (method, path, allow) => {
    const reply = await client.send({ method, path });
    expectRefusal(reply, 'method-not-allowed', new RegExp(`expected ${allow} on this path`));
    expect(reply.headers.allow).toBe(allow);
  });

  const header = (name: string, value: string, code: ErrorCode, says: RegExp) => [name, value, code, says] as const;
  it.each([
    ...['0', '-1', '1000000000', '120001', 'soon', '1e3', '1.5', ' ', '٣'].map((value) =>
      header('x-brink-timeout-ms', value, 'bad-header', /x-brink-timeout-ms to be a whole number from 1 to 120000/),
    ),
    ...['moon', 'Edge', 'edge, origin', ''].map((value) =>
      header('x-brink-serve-on', value, 'bad-header', /x-brink-serve-on to be 'edge' or 'origin'/),
    ),
    ...['v1', 'v1@', '@', 'v1@abc', `v1@${'G'.repeat(64)}`, `../v1@${'0'.repeat(64)}`, `v1@${'0'.repeat(64)}@`].map(
      (value) => header('x-brink-pin', value, 'bad-header', /x-brink-pin to be '<version>@<sha-256 of its manifest>'/),
    ),
    header('x-brink-pin', `v1@${'0'.repeat(64)}`, 'pin-mismatch', /version 'v1' does not have the digest/),
    header('accept', 'text/html', 'not-acceptable', /expected to accept application\/json, .* got "text\/html"/),
    header('accept', 'application/json;q=0', 'not-acceptable', /expected to accept application\/json/),
    header('content-type', 'text/plain', 'unsupported-media-type', /expected content-type .* got "text\/plain"/),
    header('content-type', 'application/xml; charset=x', 'unsupported-media-type', /got "application\/xml"/),
    header('content-type', 'x'.repeat(5_000), 'unsupported-media-type', /got "x{64}…"$/),
    header('content-encoding', 'br', 'unsupported-encoding', /expected content-encoding 'gzip', 'deflate' or none/),
    header('content-encoding', 'gzip, gzip', 'unsupported-encoding', /expected content-encoding 'gzip', 'deflate'/),
    header('authorization', 'Bearer wrong-key-0123456789abcdef', 'operators-only', /needs an admin token/),
  ])('the header %s: %j is refused', async (name, value, code, says) => {
    const isKey = name === 'authorization';
    const headers = { ...goodInfer.headers, ...(tier === 'origin' ? operator(name) : {}), [name]: encoded(value) };
    const reply = await client.send({ ...goodInfer, headers });
    if (isKey && tier === 'origin') expectRefusal(reply, 'unauthenticated', /expected an inference key/);
    else expectRefusal(reply, code, says);
  });

  it.each([
    ['x-request-id', 'two words', /^[0-9a-f]{32}$/],
    ['x-request-id', 'tab\there', /^[0-9a-f]{32}$/],
    ['x-request-id', 'Grüße', /^[0-9a-f]{32}$/],
    ['x-request-id', 'i'.repeat(129), /^[0-9a-f]{32}$/],
    ['traceparent', 'nonsense', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/],
    ['traceparent', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, /^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/],
    ['traceparent', `ff-${'a'.repeat(32)}-b7ad6b7169203331-01`, /^00-(?!a{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/],
    ['traceparent', `00-${'a'.repeat(32)}-b7ad6b7169203331-01; x=1`, /^00-(?!a{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/],
  ])('a malformed %s: %s is replaced, never echoed', async (name, value, replaced) => {
    const reply = await client.send({ ...goodInfer, headers: { ...goodInfer.headers, [name]: encoded(value) } });
    expect(reply.status).toBe(200);
    expect(reply.headers[name]).toMatch(replaced);
  });

  it('ignores a query that is malformed or would pollute', async () => {
    for (const query of ['?%zz=%', '?__proto__=1&constructor=2', '?a&a=1&=', `?${'a=1&'.repeat(1_000)}`]) {
      expectRefusal(
        await client.send({ path: `/v1/models/double/predict${query}`, body: 'x' }),
        'no-handler',
        /model 'double' has no handler: send tensors to its V2 infer route/,
      );
    }
  });
  it('answers good requests after all of this', good);
});

/** Bytes of UTF-8 as Node takes them for a header: one character each. */
const encoded = (value: string): string => Buffer.from(value).toString('latin1');
const operator = (name: string): Record<string, string> =>
  name === 'x-brink-serve-on' ? { authorization: `Bearer ${adminToken}` } : {};

describe('the admin plane', () => {
  let client: HttpClient;
  beforeAll(() => {
    client = new HttpClient(stack.edge.url, { authorization: `Bearer ${adminToken}` });
  });
  afterAll(() => client.close());

  describe.each(adminRoutes)('with a bad model name in %s', (_, request) => {
    it.each(badNames)('refuses %s', async (_what, name) => {
      expectRefusal(await client.send(request(name)), 'bad-name', badNameText('model'));
    });
  });

  it('says of dots alone that there is no such route, or asks for the rest of one', async () => {
    for (const [, request] of adminRoutes) {
      for (const dots of dotSegments) expectRefusal(await client.send(request(dots)), 'unknown-route', /no such route/);
    }
  });

  it('takes no blob or manifest by a name that is no digest', async () => {
    for (const name of ['..%2f..%2fx', 'A'.repeat(64), '0'.repeat(63), '0'.repeat(64) + '%00', '%zz']) {
      for (const path of [
        `/admin/v1/blobs/${name}`,
        `/artifacts/v1/blobs/${name}`,
        `/artifacts/v1/manifests/${name}`,
      ]) {
        expectRefusal(
          await client.send({ path }),
          'bad-name',
          /expected a SHA-256 of 64 lower-case hexadecimal digits/,
        );
      }
    }
  });

  it('holds no trace of the names', async () => {
    const reply = await client.send({ path: '/admin/v1/models' });
    const { models } = JSON.parse(reply.bytes.toString()) as { models: { model: string }[] };
    expect(models.map(({ model }) => model)).toEqual(['double']);
  });
});
