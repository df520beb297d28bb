import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../../shared/http/read-body.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import { systemClock } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';

const limits = { ...defaultLimits, bodyBytesMax: 10_000 };
const read = (body: BodyInit | null, headers: Record<string, string> = {}, budgetMs = 5_000) =>
  readBody(
    new Request('http://x/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit),
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
