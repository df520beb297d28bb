import { deflateSync, gzipSync } from 'node:zlib';
import type { WireRequest } from './http-client.js';
import { integerBelow, oneOf } from './random.js';

type Random = () => number;
type Headers = Record<string, string>;

const contentTypes = [
  '', 'application/json', 'application/octet-stream', 'application/msgpack', 'application/x-msgpack', 'APPLICATION/JSON',
  'application/json; charset=utf-16', 'application/json;', ';', 'text/plain', 'multipart/form-data; boundary=x',
  'application/jsonx', '*/*', 'application/msgpack, application/json',
]; // prettier-ignore
const accepts = [
  '', '*/*', 'application/json', 'application/octet-stream', 'application/msgpack', 'application/*;q=0.1', 'text/html',
  'application/json;q=0', '*/*;q=0', ';;;,,,', 'application/json;q=abc', 'application/octet-stream, application/msgpack;q=0.5',
]; // prettier-ignore
/** None is a short time that is legal: a deadline that passes is no finding. */
const arabicThree = Buffer.from('\u0663').toString('latin1'); // bytes of UTF-8, as Node takes them for a header
const timeouts = [
  '0',
  '-1',
  '1e9',
  '120001',
  'soon',
  '60000',
  '120000',
  arabicThree,
  ' ',
  '0x10',
  '99999999999999999999',
];
const traces = [
  '',
  '00-0-0-0',
  `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  `ff-${'0'.repeat(32)}-${'0'.repeat(16)}-zz`,
];
const pins = ['', '@', 'v1', 'v1@', `v1@${'0'.repeat(64)}`, `v1@${'z'.repeat(64)}`, `../..@${'0'.repeat(64)}`];

/** Up to 40 characters that a header may hold, half of them beyond ASCII. */
function noise(random: Random): string {
  const char = (): string =>
    String.fromCharCode(random() < 0.5 ? 0x20 + integerBelow(random, 95) : 0xa1 + integerBelow(random, 94));
  return Array.from({ length: integerBelow(random, 41) }, char)
    .join('')
    .trim();
}

function lengthLike(text: string | undefined, random: Random): string {
  const length = Number(text ?? 100);
  return oneOf(random, [
    '0', '', '-1', '1e2', arabicThree, String(length + 1), String(Math.max(0, length - 1)), String(integerBelow(random, 5_000)),
    '99999999999', String(length).padStart(9, '0'), `${length}.0`,
  ]); // prettier-ignore
}

const mutations: readonly ((headers: Headers, random: Random) => void)[] = [
  (headers, random) => (headers['content-type'] = oneOf(random, contentTypes)),
  (headers, random) => delete headers['content-type'] && random,
  (headers, random) => (headers['accept'] = oneOf(random, accepts)),
  (headers, random) => {
    const name = 'inference-header-content-length';
    headers[name] = lengthLike(headers[name], random);
  },
  (headers) => delete headers['inference-header-content-length'],
  (headers, random) => (headers['x-brink-timeout-ms'] = oneOf(random, timeouts)),
  (headers, random) => (headers['x-brink-pin'] = oneOf(random, pins)),
  (headers, random) => (headers['x-brink-epoch'] = oneOf(random, ['-1', 'x', '0', '1', '9'.repeat(15)])),
  (headers, random) => (headers['x-brink-no-fallback'] = oneOf(random, ['', '1', 'false', noise(random)])),
  (headers, random) => (headers['x-request-id'] = noise(random)),
  (headers, random) => (headers['traceparent'] = oneOf(random, [...traces, noise(random)])),
  (headers, random) => {
    const name = oneOf(random, ['key', 'priority', 'model', 'version', 'digest', 'served-by', 'fallback', 'attempts']);
    headers[`x-brink-${name}`] = noise(random);
  },
];

/**
 * The request with one or two headers that are odd or wrong, now and then with a body that is compressed, or only said
 * to be. Node sends no header that HTTP does not allow, and neither could a caller.
 */
export function mutateHeaders(request: WireRequest, random: Random): WireRequest {
  const headers: Headers = { ...request.headers };
  for (let left = 1 + integerBelow(random, 2); left > 0; left--) oneOf(random, mutations)(headers, random);
  if (random() > 0.2) return { ...request, headers };
  headers['content-encoding'] = oneOf(random, ['gzip', 'deflate', 'GZIP', 'identity', 'br', 'gzip, deflate', 'x']);
  const compress = { gzip: gzipSync, deflate: deflateSync }[headers['content-encoding']];
  const body = request.body as Uint8Array;
  return { ...request, headers, body: compress !== undefined && random() < 0.7 ? compress(body) : body };
}
