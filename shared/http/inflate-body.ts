import type { BrinkError } from '../errors/brink-error.js';
import { collectBytes } from './collect-bytes.js';

export type Encoding = 'gzip' | 'deflate';

/** Deflate expands at most 1032 times: a piece of this size cannot become more than 16 MiB. */
const pieceBytes = 16 * 1024;

/**
 * Decompresses bytes that are all there, up to `bytesMax`. They are fed in pieces, each once the one before has been
 * taken: workerd inflates at once whatever it is given, and a bomb would be inflated whole before a byte of it is read.
 * Throws what `tooMany` makes, or the stream's own error for bytes that do not decompress.
 */
export async function inflateBody(
  bytes: Uint8Array,
  encoding: Encoding,
  bytesMax: number,
  tooMany: (bytes: number) => BrinkError,
): Promise<Uint8Array> {
  const { readable, writable } = new DecompressionStream(encoding) as unknown as ReadableWritablePair<Uint8Array, Uint8Array>; // prettier-ignore
  const stopped = new AbortController();
  const reader = readable.getReader();
  feed(bytes, writable.getWriter(), stopped.signal).catch(() => undefined); // what fails here fails at the other end
  try {
    return await collectBytes(reader, bytesMax, tooMany);
  } finally {
    stopped.abort();
    reader.cancel().catch(() => undefined);
  }
}

async function feed(
  bytes: Uint8Array,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  stopped: AbortSignal,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (stopped.aborted) return;
    await writer.write(bytes.subarray(at, at + pieceBytes));
  }
  await writer.close();
}
