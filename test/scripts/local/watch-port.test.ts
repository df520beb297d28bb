import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { whenPortClosed } from '../../../scripts/local/watch-port.js';

async function listen(port = 0): Promise<Server> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

describe('the watch over a port', () => {
  it('tells when nobody listens any more, and not while somebody does', async () => {
    const server = await listen();
    const { port } = server.address() as AddressInfo;
    let accepted = 0;
    let closed = false;
    server.on('connection', () => (accepted += 1));
    const signal = new AbortController().signal;
    const gone = whenPortClosed({ host: '127.0.0.1', port, everyMs: 5, missesMax: 2, signal }).then(
      () => (closed = true),
    );
    await expect.poll(() => accepted, { interval: 5, timeout: 10_000 }).toBeGreaterThan(3);
    expect(closed).toBe(false);
    server.close();
    await gone;
    expect(closed).toBe(true);
  });
});
