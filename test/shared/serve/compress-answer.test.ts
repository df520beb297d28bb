import { gunzipSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressAnswer, compressBytesMin, wantedEncoding } from '../../../shared/serve/compress-answer.js';

const body = (bytes: Uint8Array) => ({ contentType: 'application/json', inferenceHeaderLength: 12, bytes });
const blanks = new Uint8Array(5_000).fill(32);

describe('the encoding of an answer', () => {
  it.each([
    ['gzip', 'gzip'],
    ['deflate', 'deflate'],
    ['x-gzip', 'gzip'],
    ['gzip, deflate, br', 'gzip'],
    ['deflate;q=0.9, gzip;q=0.5', 'deflate'],
    ['GZIP; Q=0.1', 'gzip'],
    ['gzip;q=0, deflate', 'deflate'],
    ['gzip;q=0.5, identity;q=0.9', undefined],
    ['gzip;q=1, identity', 'gzip'],
    ['gzip;q=0', undefined],
    ['gzip;q=soon', undefined],
    ['identity', undefined],
    ['*', undefined],
    ['br', undefined],
    ['', undefined],
  ])('that is asked for by %j is %s', (header, expected) => {
    expect(wantedEncoding(header)).toBe(expected);
  });
});

describe('an answer', () => {
  it('is compressed as it was asked for, and keeps what it says of the body before that', async () => {
    const gzip = await compressAnswer(body(blanks), { acceptEncoding: 'gzip' });
    expect(new Uint8Array(gunzipSync(gzip.bytes))).toEqual(blanks);
    expect(gzip).toMatchObject({ contentEncoding: 'gzip', inferenceHeaderLength: 12 });
    const deflate = await compressAnswer(body(blanks), { acceptEncoding: 'deflate' });
    expect(new Uint8Array(inflateSync(deflate.bytes))).toEqual(blanks);
  });

  it('is left alone when nobody asked, when it is small, and when it would not shrink', async () => {
    const noise = crypto.getRandomValues(new Uint8Array(5_000));
    for (const [bytes, acceptEncoding] of [
      [blanks, undefined],
      [blanks, 'identity'],
      [blanks.slice(0, compressBytesMin - 1), 'gzip'],
      [noise, 'gzip'],
    ] as const) {
      const plain = body(bytes);
      expect(await compressAnswer(plain, { acceptEncoding })).toBe(plain);
    }
    expect((await compressAnswer(body(blanks.slice(0, compressBytesMin)), { acceptEncoding: 'gzip' })).contentEncoding).toBe('gzip'); // prettier-ignore
  });
});
