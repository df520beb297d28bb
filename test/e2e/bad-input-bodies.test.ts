import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpClient, type WireReply } from '../harness/http-client.js';
import { goodInfer, inferPath } from '../harness/infer-requests.js';
import { doubleModel } from '../harness/onnx.js';
import { expectRefusal } from '../harness/refusals.js';
import { sendBytes } from '../harness/send-bytes.js';
import { adminToken, originKey, Stack } from '../harness/stack.js';

const bodyBytesMax = 65_536;
const zeros = Buffer.alloc(60_000_000);
const predictPath = '/v1/models/double/predict';
const type = { 'content-type': 'application/json' };

let stack: Stack;
beforeAll(async () => {
  const limit = { BODY_BYTES_MAX: String(bodyBytesMax) };
  stack = await Stack.start({ vars: limit, originEnv: limit });
  await stack.releaseTest('double', doubleModel());
});
afterAll(() => stack.dispose());

/** The end of a refusal's body. */
const whole = /"code":"[a-z-]+"\}/;

/** A good body made this long by blanks. */
const padded = (bytes: number): string => (goodInfer.body as string).padEnd(bytes, ' ');

/** The last answer of a connection that the server closed, or that we did. */
function replyOf(text: string): WireReply {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [start = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  return { status: Number(start.split(' ')[1]), headers, bytes: Buffer.from(rest.join('\r\n\r\n'), 'latin1') };
}

describe.each(['edge', 'origin'] as const)('at the %s', (tier) => {
  let client: HttpClient;
  beforeAll(() => {
    client = HttpClient.for(stack, tier);
  });
  afterAll(() => client.close());

  const head = (path: string, ...lines: string[]): string => {
    const who =
      tier === 'edge'
        ? [`authorization: Bearer ${adminToken}`, 'x-brink-serve-on: edge']
        : [`authorization: Bearer ${originKey}`];
    return [`POST ${path} HTTP/1.1`, 'host: brink', ...who, 'content-type: application/json', ...lines, '', ''].join('\r\n'); // prettier-ignore
  };
  const good = async (): Promise<void> => {
    const reply = await client.send(goodInfer);
    expect([reply.status, reply.headers['x-brink-served-by'], reply.headers['x-brink-version']]).toEqual([
      200,
      tier,
      'v1',
    ]);
  };

  describe('a body over the limit', () => {
    it.each([inferPath, predictPath])('is refused by its content-length on %s', async (path) => {
      const reply = await client.send({ path, body: padded(bodyBytesMax + 1), headers: type });
      expectRefusal(reply, 'body-too-large', /expected a body of at most 65536 bytes, got 65537 bytes/);
    });

    it('is refused by its content-length before any of it has come', async () => {
      const answer = await sendBytes(stack.url(tier), head(inferPath, 'content-length: 1000000000'), { until: whole });
      expectRefusal(replyOf(answer), 'body-too-large', /at most 65536 bytes, got 1000000000 bytes/);
    });

    it.each([inferPath, predictPath])(
      'is refused by what has come, in pieces without a length, on %s',
      async (path) => {
        const pieces = Array.from({ length: 9 }, () => Buffer.from(' '.repeat(8_000)));
        const reply = await client.send({ path, body: pieces, headers: type });
        expectRefusal(reply, 'body-too-large', /expected a body of at most 65536 bytes, got at least \d{5} bytes$/);
      },
    );

    it('is a body that is not: one of just the limit is answered', async () => {
      const reply = await client.send({ path: inferPath, body: padded(bodyBytesMax), headers: type });
      expect([reply.status, reply.headers['x-brink-served-by']]).toEqual([200, tier]);
    });

    it('leaves the next good request alone', good);
  });

  describe.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const)('a body in %s', (encoding, compress) => {
    const headers = { ...type, 'content-encoding': encoding };
    const bomb = compress(zeros);

    it.each([inferPath, predictPath])('is refused when it is a bomb of 1000:1, on %s', async (path) => {
      expect(bomb.length).toBeLessThan(bodyBytesMax);
      const reply = await client.send({ path, body: bomb, headers });
      expectRefusal(reply, 'body-too-large', /at most 65536 bytes, got at least \d+ bytes after decompression/);
    });

    it('is refused when it is a bomb within a bomb, without inflating the inner one', async () => {
      const bomb = compress(compress(Buffer.alloc(60_000_000), { level: 9 }));
      expectRefusal(
        await client.send({ path: inferPath, body: bomb, headers }),
        'malformed-json',
        /text that is not JSON|not UTF-8/,
      );
    });

    it('is refused when it is cut off, or is something else', async () => {
      const cut = compress(goodInfer.body as string).subarray(0, -6);
      for (const body of [cut, Buffer.from('{"inputs":[]}'), Buffer.alloc(0)]) {
        const reply = await client.send({ path: inferPath, body, headers });
        expectRefusal(reply, 'malformed-encoding', /^expected a body in \w+, got one that does not decompress$/);
      }
    });

    it('leaves the next good request alone', good);
  });

  describe('a body that does not come', () => {
    it('is refused when the caller hangs up in the middle of it', async () => {
      const answer = await sendBytes(stack.url(tier), `${head(inferPath, 'content-length: 100')}{"inputs"`, {
        hangUp: true,
      });
      const { error, code } = JSON.parse(replyOf(answer).bytes.toString()) as Record<string, string>;
      expect([replyOf(answer).status, code]).toEqual([400, 'invalid-request']);
      expect(error).toMatch(/^expected .*, got /);
    });

    it.each([
      ['infer with a content-length', inferPath, 'content-length: 100', '{"inputs"'],
      ['infer in pieces', inferPath, 'transfer-encoding: chunked', '9\r\n{"inputs"\r\n'],
      ['predict', predictPath, 'content-length: 100', 'x'],
      ['predict, compressed', predictPath, 'content-length: 100\r\ncontent-encoding: gzip', '\x1f\x8b'],
    ])('is refused when it stalls until the deadline: %s', async (_, path, length, body) => {
      const bytes = Buffer.from(head(path, length, 'x-brink-timeout-ms: 300') + body, 'latin1');
      const socket = sendBytes(stack.url(tier), bytes, { until: whole });
      expectRefusal(replyOf(await socket), 'body-timeout', /the deadline of 300 ms passed while the body arrived/);
    });

    it('leaves the next good request alone', good);
  });
});

describe('a body of the admin plane', () => {
  let client: HttpClient;
  beforeAll(() => {
    client = new HttpClient(stack.edge.url, { authorization: `Bearer ${adminToken}` });
  });
  afterAll(() => client.close());
  const promote = '/admin/v1/models/double/promote';

  it.each([
    ['no JSON', '{', 'malformed-json', /expected a body of JSON in UTF-8, got something else/],
    ['an array', '[]', 'invalid-request', /in the body: .*expected object, received array/],
    ['no version', '{"why":"x"}', 'invalid-request', /in 'version': .*expected string, received undefined/],
    [
      'a version that is no name',
      '{"version":"../x","why":"x"}',
      'invalid-request',
      /in 'version': expected 1 to 64 of/,
    ],
    [
      'no reason',
      '{"version":"v1","why":"  "}',
      'invalid-request',
      /in 'why': .*expected string to have >=1 characters/,
    ],
    ['a reason of 501 characters', `{"version":"v1","why":"${'y'.repeat(501)}"}`, 'invalid-request', /in 'why'/],
    ['another member', '{"version":"v1","why":"x","force":true}', 'invalid-request', /in the body: Unrecognized key/],
    ['a member of 100,000 characters', `{"${'k'.repeat(100_000)}":1}`, 'invalid-request', /in /],
    [
      'a __proto__ member',
      '{"version":"v1","why":"x","__proto__":{}}',
      'invalid-request',
      /in the body: Unrecognized key/,
    ],
    ['a time before all times', '{"version":"v1","why":"x","bakeMs":-1}', 'invalid-request', /in 'bakeMs'/],
    [
      'arrays 100,000 deep',
      `{"version":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      'json-too-deep',
      /expected at most 32 levels of nesting, got more/,
    ],
    ['a version that is not there', '{"version":"v9","why":"x"}', 'unknown-version', /model double has no version v9/],
  ] as const)('is refused when it has %s', async (_, body, code, says) => {
    expectRefusal(await client.send({ path: promote, body }), code, says);
  });

  it('is refused over its limit, compressed or not', async () => {
    const bomb = gzipSync(zeros);
    const bombed = await client.send({ path: promote, body: bomb, headers: { 'content-encoding': 'gzip' } });
    expectRefusal(bombed, 'body-too-large', /at most 4194304 bytes, got at least \d+ bytes after decompression/);
    const other = new HttpClient(stack.edge.url, { authorization: `Bearer ${adminToken}` }); // its connection is given up
    const large = await other.send({ path: promote, body: ' '.repeat(4 * 1024 * 1024 + 1) });
    other.close();
    expectRefusal(large, 'body-too-large', /at most 4194304 bytes, got 4194305 bytes/);
  });

  it('is refused as a blob when its bytes do not have the digest in the path', async () => {
    const reply = await client.send({ method: 'PUT', path: `/admin/v1/blobs/${'0'.repeat(64)}`, body: 'other bytes' });
    expectRefusal(reply, 'digest-mismatch', /the bytes that came do not have the SHA-256 in the path/);
  });

  it('changes nothing by all of this', async () => {
    const rows = await stack.admin.audit('double', 10);
    expect(rows.map(({ action }) => action)).toEqual(['promote', 'publish']);
  });
});
