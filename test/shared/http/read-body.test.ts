import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { inflateBody } from '../../../shared/http/inflate-body.js';
import { bodyOfRequest } from '../../../shared/http/body-source.js';
import { readBody } from '../../../shared/http/read-body.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import { systemClock } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';

const limits = { ...defaultLimits, bodyBytesMax: 10_000 };
const read = (body: BodyInit | null, headers: Record<string, string> = {}, budgetMs = 5_000) =>
  readBody(
    bodyOfRequest(new Request('http://x/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit)),
    limits,
    new Deadline(systemClock, budgetMs),
  );

function streamOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
}

describe('reading a body', () => {
  it('gives the bytes, in one piece or many, plain, gzip or deflate', async () => {
    const bytes = new Uint8Array(5_000).map((_, index) => index);
    expect(await read(bytes)).toEqual(bytes);
    expect(await read(streamOf(bytes.slice(0, 99), bytes.slice(99)))).toEqual(bytes);
    expect(await read(new Uint8Array(gzipSync(bytes)), { 'content-encoding': 'gzip' })).toEqual(bytes);
    expect(await read(new Uint8Array(deflateSync(bytes)), { 'content-encoding': 'Deflate' })).toEqual(bytes);
    expect(await read(null)).toEqual(new Uint8Array(0));
  });

  it('refuses what is over the limit, declared or not, and quotes both numbers', async () => {
    const declared = read(new Uint8Array(1), { 'content-length': '10001' });
    await expect(declared).rejects.toMatchObject({
      code: 'body-too-large',
      status: 413,
      message: /10000 bytes.*10001/,
    });
    await expect(read(streamOf(new Uint8Array(6_000), new Uint8Array(6_000)))).rejects.toMatchObject({
      code: 'body-too-large',
    });
  });

  it('stops a compressed bomb at the limit', async () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(9_000_000)));
    expect(bomb.length).toBeLessThan(10_000);
    await expect(read(bomb, { 'content-encoding': 'gzip' })).rejects.toMatchObject({
      code: 'body-too-large',
      message: /after decompression/,
    });
  });

  it('inflates a bomb no further than the limit, however it is compressed', async () => {
    const zeros = new Uint8Array(100_000_000); // 1000:1, so the bomb itself is within this limit
    for (const [encoding, bomb] of [
      ['gzip', gzipSync(zeros)],
      ['deflate', deflateSync(zeros)],
    ] as const) {
      let inflated = 0;
      const watch = (bytes: number): BrinkError => {
        inflated = bytes;
        return new BrinkError('body-too-large', 'too many');
      };
      await expect(inflateBody(new Uint8Array(bomb), encoding, 1_000_000, watch)).rejects.toMatchObject({
        code: 'body-too-large',
      });
      expect(inflated).toBeLessThan(1_000_000 + 17 * 1024 * 1024);
    }
  });

  it('reads a body to its end before it refuses what it holds', async () => {
    let left = 3;
    const request = new Request('http://x/', {
      method: 'POST',
      headers: { 'content-encoding': 'gzip' },
      body: streamOf(...Array.from({ length: left }, () => new Uint8Array(99).fill(7))).pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            left -= 1;
            controller.enqueue(chunk);
          },
        }),
      ),
      duplex: 'half',
    } as RequestInit);
    await expect(readBody(bodyOfRequest(request), limits, new Deadline(systemClock, 5_000))).rejects.toMatchObject({
      code: 'malformed-encoding',
    });
    expect(left).toBe(0);
  });

  it('bounds the arrival of a body as a whole, not of each piece of it', async () => {
    let now = 0;
    const clock = { now: () => now };
    const drip = new ReadableStream<Uint8Array>({
      pull(controller) {
        now += 400; // each piece is in time
        controller.enqueue(new Uint8Array(1));
      },
    });
    const request = new Request('http://x/', { method: 'POST', body: drip, duplex: 'half' } as RequestInit);
    const slow = readBody(bodyOfRequest(request), { ...limits, bodyReadMsMax: 1_000 }, new Deadline(clock, 60_000));
    await expect(slow).rejects.toMatchObject({
      code: 'body-timeout',
      message: /1000 ms passed while the body arrived/,
    });
  });

  it('refuses encodings that it does not know and bodies that are not what they say', async () => {
    await expect(read('x', { 'content-encoding': 'br' })).rejects.toMatchObject({
      code: 'unsupported-encoding',
      status: 415,
    });
    await expect(read('not gzip', { 'content-encoding': 'gzip' })).rejects.toMatchObject({
      code: 'malformed-encoding',
    });
    const cut = new Uint8Array(gzipSync('hello world')).slice(0, 12);
    await expect(read(cut, { 'content-encoding': 'gzip' })).rejects.toMatchObject({ code: 'malformed-encoding' });
  });

  it('does not wait longer for a slow body than the deadline', async () => {
    const never = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
    await expect(read(never, {}, 5)).rejects.toMatchObject({ code: 'body-timeout', status: 408 });
  });
});
