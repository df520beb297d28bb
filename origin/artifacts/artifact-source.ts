import { BrinkError } from '../../shared/errors/brink-error.js';

/** Where artifacts come from when they are not on this disk. */
export interface ArtifactSource {
  /** The bytes of a blob, unverified. Rejects with BrinkError: `artifact-unavailable`. */
  blob(sha256: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /** The text of a manifest, unverified. The same errors. */
  manifest(digest: string, signal: AbortSignal): Promise<string>;
  /** The text of a version's signature file, unverified; undefined: it has none. The same errors. */
  signatures(digest: string, signal: AbortSignal): Promise<string | undefined>;
  /** The text of what was measured of a version, unverified; undefined: nothing was. The same errors. */
  measurements?(digest: string, signal: AbortSignal): Promise<string | undefined>;
}

/** The source answered, and has no such thing. */
export class MissingArtifact extends BrinkError {
  constructor(message: string, retryAfterMs: number) {
    super('artifact-unavailable', message, { retryAfterMs });
  }
}
