import { within } from '../within.js';

/** What is read of a body that nobody wanted, and how long for. Beyond that the connection is given up. */
export const discardBytesMax = 1024 * 1024;
const discardMsMax = 500;

/**
 * Reads to its end a body that was refused before it was read, or while it was. workerd closes the connection of a
 * request whose body is left over, without a word to the client, and the client's next request on it then fails.
 * Never throws.
 */
export async function discardBody(request: Request): Promise<void> {
  if (request.body === null || request.body.locked) return;
  const reader = request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  try {
    await within(discardMsMax, readAway(reader));
  } catch {
    // too slow, or broken off: then the connection is of no use to anybody
  }
  reader.cancel().catch(() => undefined);
}

async function readAway(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  let bytes = 0;
  while (bytes <= discardBytesMax) {
    const { done, value } = await reader.read();
    if (done) return;
    bytes += value.byteLength;
  }
}
