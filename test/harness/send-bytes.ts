import { connect } from 'node:net';

interface SendOptions {
  /** Close our side after the last byte; without it the server is left waiting for more. */
  readonly hangUp?: boolean;
  /** Enough has come; without it we read until the server closes. */
  readonly until?: RegExp;
  readonly limitMs?: number;
}

/** Sends bytes as they are over a connection of its own and gives back what came. */
export function sendBytes(
  url: string,
  bytes: string | Uint8Array,
  { hangUp = false, until, limitMs = 30_000 }: SendOptions = {},
): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      if (hangUp) socket.end(bytes);
      else socket.write(bytes);
    });
    let came = '';
    socket.setTimeout(limitMs, () =>
      socket.destroy(new Error(`the server was silent for ${limitMs} ms after ${came}`)),
    );
    socket.on('data', (chunk) => {
      came += chunk.toString('latin1');
      if (until?.test(came) === true) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(came));
  });
}
