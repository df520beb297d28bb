import { type PieceReader, pieceReader } from './piece-reader.js';

/** A request's body as it comes: what its headers say of it, and its bytes. */
export interface BodySource {
  readonly contentLength: string | undefined;
  readonly contentEncoding: string | undefined;
  /** Called once at most; undefined when there is no body. */
  reader(expectedBytes: number | undefined): PieceReader | undefined;
}

export function bodyOfRequest(request: Request): BodySource {
  return {
    contentLength: request.headers.get('content-length') ?? undefined,
    contentEncoding: request.headers.get('content-encoding') ?? undefined,
    reader(expectedBytes) {
      const { body } = request;
      return body === null ? undefined : pieceReader(body as ReadableStream<Uint8Array>, expectedBytes);
    },
  };
}
