type Read = ReadableStreamReadResult<Uint8Array>;

export interface PieceReader {
  read(): Promise<Read>;
  cancel(): Promise<void>;
  releaseLock(): void;
}

const pieceBytesMin = 1_024;
const pieceBytesMax = 256 * 1_024;

/**
 * Reads a stream of which about `expectedBytes` are expected. Where the stream writes into memory that it is given, it
 * is given enough for all of them at once (but never much, on the word of a header): workerd otherwise hands a body out
 * in pieces of 4 KiB, and reading 110 KiB takes 0.3 ms instead of 0.03.
 */
export function pieceReader(stream: ReadableStream<Uint8Array>, expectedBytes: number | undefined): PieceReader {
  const byob = expectedBytes === undefined ? undefined : byobReader(stream);
  if (byob === undefined || expectedBytes === undefined) return stream.getReader();
  let leftBytes = expectedBytes;
  return {
    cancel: () => byob.cancel(),
    releaseLock: () => byob.releaseLock(),
    async read(): Promise<Read> {
      const size = Math.min(Math.max(leftBytes, pieceBytesMin), pieceBytesMax);
      const { done, value } = await byob.read(new Uint8Array(size));
      if (done) return { done, value: undefined };
      leftBytes -= value.byteLength;
      // A small piece does not keep a large buffer alive.
      return { done, value: 2 * value.byteLength < size ? value.slice() : value };
    },
  };
}

/** Undefined for a stream that has pieces of its own: Node's, when it was made of something else than bytes. */
function byobReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
