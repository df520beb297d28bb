import type { BrinkError } from '../errors/brink-error.js';
import { joinBytes } from '../media/join-bytes.js';

type Read = ReadableStreamReadResult<Uint8Array>;

/**
 * All bytes that a reader gives. With more than `bytesMax` it throws what `tooMany` makes of the number so far; what
 * becomes of the reader then is the caller's to say. `check` is called before each piece, and may throw.
 */
export async function collectBytes(
  reader: { read(): Promise<Read> },
  bytesMax: number,
  tooMany: (bytes: number) => BrinkError,
  check: () => void = () => undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    check();
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > bytesMax) throw tooMany(bytes);
    chunks.push(value);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : joinBytes(chunks);
}
