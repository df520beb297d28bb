import { describe, expect, it } from 'vitest';
import { discardBody, discardBytesMax } from '../../../edge/gateway/discard-body.js';

const post = (body: BodyInit | null): Request =>
  new Request('http://x/', { method: 'POST', body, duplex: 'half' } as RequestInit);

describe('a body that nobody read', () => {
  it('is read to its end', async () => {
    const request = post('left over');
    await discardBody(request);
    expect(request.bodyUsed).toBe(true);
  });

  it('is left alone when there is none, or when it was read', async () => {
    const read = post('wanted');
    await read.text();
    await discardBody(read);
    const none = new Request('http://x/');
    await discardBody(none);
    expect([read.bodyUsed, none.bodyUsed]).toEqual([true, false]);
  });

  it('is read on where another stopped', async () => {
    const pieces = [1, 2, 3];
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const next = pieces.shift();
        if (next === undefined) controller.close();
        else controller.enqueue(Uint8Array.of(next));
      },
    });
    const request = post(body);
    const reader = request.body?.getReader();
    await reader?.read();
    reader?.releaseLock();
    await discardBody(request);
    expect(pieces).toEqual([]);
  });

  it('is given up beyond the limit', async () => {
    let bytes = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        bytes += 64 * 1024;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
      cancel() {
        cancelled = true;
      },
    });
    await discardBody(post(endless));
    expect(cancelled).toBe(true);
    expect(bytes).toBeLessThan(discardBytesMax + 4 * 64 * 1024);
  });

  it('is given up when it breaks off', async () => {
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('gone')) });
    await expect(discardBody(post(broken))).resolves.toBeUndefined();
  });
});
