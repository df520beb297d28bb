import { pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/error-codes.js';
import { decode, expectRefusal, good, only } from './refusal.js';
import { msgpackBody, utf8 } from './request-body.js';

describe('msgpack framing', () => {
  const expectMalformed = (bytes: readonly number[], words: RegExp, code: ErrorCode = 'malformed-msgpack'): void =>
    expectRefusal(msgpackBody(Uint8Array.from(bytes)), code, words);

  it('reads both media types, data as bytes or as arrays, flat or nested', () => {
    const data = new Uint8Array(Int32Array.of(1, 2, 3).buffer);
    for (const value of [data, [1, 2, 3], [[1, 2, 3]], [1n, 2, 3]]) {
      const body = { ...msgpackBody({ inputs: [{ ...good, data: value }] }), contentType: 'application/x-msgpack' };
      expect(decode(body).inputs[0]!.data).toEqual(Int32Array.of(1, 2, 3));
    }
  });

  it('reads native 64-bit integers with all their digits and refuses doubles that may have lost some', () => {
    const input = { name: 'x', datatype: 'INT64', shape: [2] };
    const read = (data: unknown[]) =>
      decode(msgpackBody({ inputs: [{ ...input, data }] }), { signature: only('INT64') });
    expect(read([-9223372036854775808n, 9007199254740993n]).inputs[0]!.data).toEqual(
      BigInt64Array.of(-9223372036854775808n, 9007199254740993n),
    );
    expect(read([5_000_000_000, -1]).inputs[0]!.data).toEqual(BigInt64Array.of(5_000_000_000n, -1n));
    expectRefusal(msgpackBody({ inputs: [{ ...input, data: [2 ** 60, 0] }] }), 'value-out-of-range', /digits/, {
      signature: only('INT64'),
    });
    expectRefusal(msgpackBody({ inputs: [{ ...input, data: [2n ** 63n, 0] }] }), 'value-out-of-range', /digits/, {
      signature: only('INT64'),
    });
  });

  it('reads NaN, infinities and integers as floats, and refuses finite overflow', () => {
    const input = { name: 'x', datatype: 'FP32', shape: [4] };
    const body = msgpackBody({ inputs: [{ ...input, data: [NaN, -Infinity, 3n, -0.0] }] });
    const data = decode(body, { signature: only('FP32') }).inputs[0]!.data as Float32Array;
    expect([...data].map(String)).toEqual(['NaN', '-Infinity', '3', '0']);
    expectRefusal(msgpackBody({ inputs: [{ ...input, data: [1e39, 0, 0, 0] }] }), 'value-out-of-range', /FP32/, {
      signature: only('FP32'),
    });
  });

  it.each([
    ['fixext 1 (a msgpackr record)', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1]],
    ['a 32-bit timestamp', [0xd6, 0xff, 0, 0, 0, 1]],
    ['fixext 2', [0xd5, 1, 0, 0]],
    ['fixext 8', [0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['fixext 16', [0xd8, 1, ...new Array<number>(16).fill(0)]],
    ['ext 8 (a typed array of msgpackr)', [0xc7, 1, 0x74, 0]],
    ['ext 16', [0xc8, 0, 1, 0x74, 0]],
    ['ext 32', [0xc9, 0, 0, 0, 1, 0x74, 0]],
  ])('refuses %s, also deep inside', (_, bytes) => {
    expectMalformed(bytes, /no extension types/);
    expectMalformed([0x81, 0xa1, 0x61, 0x91, ...bytes], /no extension types/);
  });

  it('refuses the byte that msgpack never uses', () => expectMalformed([0x91, 0xc1], /0xc1/));

  it('refuses bytes after the value', () => expectMalformed([0x80, 0xc0], /one value of 1 bytes, got a body of 2/));

  it('refuses an empty body', () => expectMalformed([], /at least 1 more bytes at byte 0, got 0/));

  it('refuses every truncation of a good body', () => {
    const whole = pack({
      inputs: [{ ...good, data: new Uint8Array(12) }],
      id: 'é'.repeat(20),
      parameters: { a: 1n, b: 1.5 },
    });
    for (let length = 0; length < whole.length; length++) {
      expectMalformed([...whole.subarray(0, length)], /more bytes/);
    }
  });

  it('refuses counts that exceed the bytes without allocating for them', () => {
    for (const bytes of [
      [0xdd, 0xff, 0xff, 0xff, 0xff],
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [0xdc, 0xff, 0xff],
      [0xde, 0xff, 0xff],
      [0xc6, 0xff, 0xff, 0xff, 0xff],
      [0xdb, 0xff, 0xff, 0xff, 0xff],
      [0xd9, 5, 65],
      [0x9f],
      [0x8f],
    ]) {
      expectMalformed(bytes, /expected at least \d+ more bytes at byte \d+, got \d/);
    }
  });

  it('refuses nesting 100,000 deep, in arrays and in maps', () => {
    expectMalformed(new Array<number>(100_000).fill(0x91), /at most 32 levels/, 'json-too-deep');
    const maps = Array.from({ length: 100_000 }, () => [0x81, 0xa1, 0x61]).flat();
    expectMalformed(maps, /at most 32 levels/, 'json-too-deep');
  });

  it('refuses a body of so many arrays that their objects would fill the heap', () => {
    const count = 600_000;
    const bytes = new Uint8Array(5 + count).fill(0x90);
    bytes.set([0xdd, 0, (count >>> 16) & 255, (count >>> 8) & 255, count & 255]);
    expectRefusal(msgpackBody(bytes), 'tensor-too-large', /at most 500000 arrays/);
  });

  it('refuses maps with keys that are not text', () => {
    for (const key of [[1], [0xc0], [0xc3], [0x90], [0x80], [0xc4, 0], [0xcb, 0, 0, 0, 0, 0, 0, 0, 0], [0xff]]) {
      expectMalformed([0x81, ...key, 0xc0], /every map key to be text/);
    }
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s anywhere, in every length of text', (key) => {
    const name = [...utf8(key)];
    for (const head of [
      [0xa0 + name.length],
      [0xd9, name.length],
      [0xda, 0, name.length],
      [0xdb, 0, 0, 0, name.length],
    ]) {
      expectMalformed([0x81, ...head, ...name, 0xc0], new RegExp(key), 'forbidden-key');
      expectMalformed([0x81, 0xa1, 0x61, 0x81, ...head, ...name, 0xc0], new RegExp(key), 'forbidden-key');
    }
  });

  it('refuses text that is not UTF-8, and the byte order mark that its reader would drop', () => {
    expectMalformed([0x81, 0xa1, 0x61, 0xa2, 0xc3, 0x28], /UTF-8, got 2 bytes/);
    expectMalformed([0x81, 0xa1, 0x61, 0xa3, 0xef, 0xbb, 0xbf], /byte order mark/);
  });

  it('refuses what is no map', () => {
    expectMalformed([0xc0], /request to be an object, got null/, 'invalid-request');
    expectMalformed([0xc4, 1, 7], /got bytes/, 'invalid-request');
    expectMalformed([0x05], /got 5/, 'invalid-request');
  });

  it('refuses bytes whose number is not what the shape asks for', () => {
    expectRefusal(
      msgpackBody({ inputs: [{ ...good, data: new Uint8Array(11) }] }),
      'wrong-byte-size',
      /expected 12 .* got 11/,
    );
    expectRefusal(msgpackBody({ inputs: [{ ...good, data: 5 }] }), 'invalid-request', /bytes or an array, got 5/);
  });
});
