import type { BrinkError } from '../errors/brink-error.js';
import { joinBytes } from '../media/join-bytes.js';

type Read = ReadableStreamReadResult<Uint8Array>;

/**
 * All bytes of a stream. With more than `bytesMax` it throws what `tooMany` makes of the number so far, and the stream
 * is cancelled, as it is when reading fails. `bound` may limit the wait for each piece.
 */
export async function collectBytes(
  stream: ReadableStream<Uint8Array>,
  bytesMax: number,
  tooMany: (bytes: number) => BrinkError,
  bound: (read: () => Promise<Read>) => Promise<Read> = (read) => read(),
): Promise<Uint8Array> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await bound(() => reader.read());
      if (done) break;
      bytes += value.byteLength;
      if (bytes > bytesMax) throw tooMany(bytes);
      chunks.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => undefined); // not awaited: a source that stalls may stall in its cancellation too
    throw error;
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : joinBytes(chunks);
}
