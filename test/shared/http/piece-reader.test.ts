import { describe, expect, it } from 'vitest';
import { pieceReader } from '../../../shared/http/piece-reader.js';

/** A stream of bytes that gives what it has, as much as there is room for, `largest` at a time. */
function byteStream(bytes: Uint8Array, largest: number, rooms: number[] = []): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    type: 'bytes',
    pull(controller: ReadableByteStreamController) {
      const request = controller.byobRequest!;
      const view = request.view!;
      const room = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      rooms.push(room.byteLength);
      const part = bytes.subarray(at, at + Math.min(largest, room.byteLength));
      at += part.byteLength;
      if (part.byteLength === 0) controller.close();
      else room.set(part);
      request.respond(part.byteLength);
    },
  });
}

async function pieces(stream: ReadableStream<Uint8Array>, expectedBytes?: number): Promise<Uint8Array[]> {
  const reader = pieceReader(stream, expectedBytes);
  const all: Uint8Array[] = [];
  for (let read = await reader.read(); !read.done; read = await reader.read()) all.push(read.value);
  return all;
}

const bytes = new Uint8Array(5_000).map((_, index) => index * 7);
const joined = (all: readonly Uint8Array[]): Uint8Array => Uint8Array.from(all.flatMap((piece) => [...piece]));

describe('reading a stream of bytes in pieces', () => {
  it('gives room for all that is expected, so that it may come in one piece', async () => {
    const rooms: number[] = [];
    const all = await pieces(byteStream(bytes, Infinity, rooms), 5_000);
    expect(all).toEqual([bytes]);
    expect(rooms[0]).toBe(5_000);
  });

  it('never gives more than 256 KiB of room on the word of a header', async () => {
    const rooms: number[] = [];
    await pieces(byteStream(bytes, Infinity, rooms), 1_000_000_000);
    expect(Math.max(...rooms)).toBe(256 * 1_024);
  });

  it('gives the same bytes when fewer or more come than were expected, and in small pieces', async () => {
    for (const expected of [0, 1, 4_999, 5_001, 5_000_000]) {
      for (const largest of [999, 3_500]) {
        expect(joined(await pieces(byteStream(bytes, largest), expected))).toEqual(bytes);
      }
    }
  });

  it('does not keep a large buffer for a small piece', async () => {
    const all = await pieces(byteStream(bytes.subarray(0, 10), 10), 100_000);
    expect(all.map((piece) => piece.buffer.byteLength)).toEqual([10]);
  });

  it('takes the pieces as they are where the stream has its own, or nothing is expected', async () => {
    const own = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(bytes.subarray(0, 5));
          controller.close();
        },
      });
    expect(await pieces(own(), 5)).toEqual([bytes.subarray(0, 5)]);
    expect(await pieces(own())).toEqual([bytes.subarray(0, 5)]);
  });

  it('can be let go, and the rest read by somebody else', async () => {
    const stream = byteStream(bytes, 3_000);
    const reader = pieceReader(stream, 5_000);
    expect((await reader.read()).value).toHaveLength(3_000);
    reader.releaseLock();
    expect(joined(await pieces(stream, 2_000))).toEqual(bytes.subarray(3_000));
  });
});
