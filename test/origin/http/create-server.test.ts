import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpServer, headBytesMax } from '../../../origin/http/create-server.js';
import { sendBytes } from '../../harness/send-bytes.js';

let server: Server;
let url: string;
beforeAll(async () => {
  server = createHttpServer(async (request) => {
    if (new URL(request.url).pathname === '/throws') throw new Error('secret');
    return new Response(`answered ${(await request.text()).length}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const refusal = (answer: string): [status: number, body: unknown] => {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head.toLowerCase()).toContain('content-type: application/json');
  const json = /\{.*\}/s.exec(body)?.[0] ?? body; // without the sizes of chunks
  return [Number(head.split(' ')[1]), JSON.parse(json)];
};
const unreadable = {
  error: 'expected a request in HTTP/1.1 with a path and one host, got something else',
  code: 'invalid-request',
};

describe('the HTTP server of the origin', () => {
  it('hands requests to the app', async () => {
    expect(await sendBytes(url, 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 200/);
  });

  it.each([
    ['bytes that are no HTTP', 'GARBAGE\r\n\r\n'],
    ['a body that is cut off', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc'],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a chunk of no size', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nhost: x\r\nx-request-id: a\0b\r\n\r\n'],
    ['a host that is none', 'GET / HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n'],
    ['a backslash in the path', 'GET /a\\b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
    ['a path without a slash', 'GET * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
  ])('refuses %s in the form of every refusal', async (_, bytes) => {
    expect(refusal(await sendBytes(url, bytes, { hangUp: true }))).toEqual([400, unreadable]);
  });

  it('refuses a head that is too large with both numbers', async () => {
    const long = `GET /${'a'.repeat(headBytesMax)} HTTP/1.1\r\nhost: x\r\n\r\n`;
    expect(refusal(await sendBytes(url, long))).toEqual([
      400,
      { error: `expected a path and headers of at most ${headBytesMax} bytes, got more`, code: 'bad-header' },
    ]);
  });

  it('refuses expectations other than 100-continue', async () => {
    const answer = await sendBytes(url, 'GET / HTTP/1.1\r\nhost: x\r\nexpect: cake\r\nconnection: close\r\n\r\n');
    expect(refusal(answer)).toMatchObject([400, { code: 'bad-header' }]);
  });

  it('says nothing of what an app throws', async () => {
    const answer = await sendBytes(url, 'GET /throws HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(refusal(answer)).toMatchObject([500, { code: 'internal' }]);
    expect(answer).not.toContain('secret');
  });
});
