import { type PieceReader, pieceReader } from './piece-reader.js';

/** A request's body as it comes: what its headers say of it, and its bytes. */
export interface BodySource {
  readonly contentLength: string | undefined;
  readonly contentEncoding: string | undefined;
  /** Called once at most; undefined when there is no body. */
  reader(expectedBytes: number | undefined): PieceReader | undefined;
  /**
   * Memory as long as `contentLength` says, to be filled with the body, its byte `alignedAt` at a multiple of 8 bytes.
   * Undefined: the reader's pieces are collected. Called once at most.
   */
  memory?(alignedAt: number): Uint8Array | undefined;
  /** The request has ended. `isUnused`: nobody reads the memory any more, so that it may be used for the next. */
  release?(isUnused: boolean): void;
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
