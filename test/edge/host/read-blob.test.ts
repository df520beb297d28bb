import { describe, expect, it } from 'vitest';
import { readBlob } from '../../../edge/host/read-blob.js';
import { sha256Hex } from '../../../shared/manifest/digest.js';

const bytes = new Uint8Array(1_000).map((_, index) => index % 251);
const ref = { sha256: await sha256Hex(bytes), bytes: bytes.length };
const { signal } = new AbortController();

/** A stream of pieces that counts how many were taken, and whether it was cancelled. */
function streamOf(...pieces: readonly Uint8Array[]) {
  const seen = { pulled: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[seen.pulled++];
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

describe('reading a blob', () => {
  it('fills one piece of memory of its size', async () => {
    const { body } = streamOf(bytes.subarray(0, 400), bytes.subarray(400));
    const found = await readBlob({ size: undefined, body }, ref, signal);
    expect(found).toEqual({ kind: 'blob', bytes });
    if (found.kind === 'blob') expect(found.bytes.buffer.byteLength).toBe(bytes.length);
  });

  it('does not begin where another size is said', async () => {
    const { body, seen } = streamOf(bytes);
    expect(await readBlob({ size: 999, body }, ref, signal)).toEqual({ kind: 'corrupt', bytes: 999 });
    expect(seen).toEqual({ pulled: 0, cancelled: true });
  });

  it('does not go on where more comes than the blob has', async () => {
    const { body, seen } = streamOf(bytes, bytes, bytes);
    expect(await readBlob({ size: undefined, body }, ref, signal)).toEqual({ kind: 'corrupt', bytes: 2_000 });
    expect(seen).toEqual({ pulled: 2, cancelled: true });
  });

  it('tells fewer bytes and other bytes from the blob', async () => {
    const short = streamOf(bytes.subarray(1)).body;
    expect(await readBlob({ size: undefined, body: short }, ref, signal)).toEqual({ kind: 'corrupt', bytes: 999 });
    const other = streamOf(bytes.with(3, 0)).body;
    expect(await readBlob({ size: 1_000, body: other }, ref, signal)).toEqual({ kind: 'corrupt', bytes: 1_000 });
    expect(await readBlob({ size: undefined, body: null }, ref, signal)).toEqual({ kind: 'corrupt', bytes: 0 });
  });

  it('ends when nobody waits for it any more, and says so when there is no memory', async () => {
    const controller = new AbortController();
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      cancel: () => {
        cancelled = true;
      },
    });
    const reading = readBlob({ size: undefined, body }, ref, controller.signal);
    controller.abort();
    await expect(reading).rejects.toThrow();
    expect(cancelled).toBe(true);
    const huge = readBlob({ size: undefined, body: streamOf(bytes).body }, { ...ref, bytes: 2 ** 40 }, signal);
    await expect(huge).rejects.toMatchObject({ code: 'heap-exhausted' });
  });
});
