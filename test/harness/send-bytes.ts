import { connect } from 'node:net';

/**
 * Sends bytes as they are over a connection of its own and gives back all that came until the server closed it.
 * `hangUp` closes our side after the last byte; without it the server is left waiting for more.
 */
export function sendBytes(
  url: string,
  bytes: string | Uint8Array,
  { hangUp = false, limitMs = 30_000 } = {},
): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      if (hangUp) socket.end(bytes);
      else socket.write(bytes);
    });
    const chunks: Buffer[] = [];
    socket.setTimeout(limitMs, () =>
      socket.destroy(new Error(`the server left the connection open for ${limitMs} ms`)),
    );
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}
