import { BrinkError } from '../../shared/errors/brink-error.js';
import { fillBytes } from '../../shared/http/fill-bytes.js';
import { sha256Hex } from '../../shared/manifest/digest.js';
import type { BlobRef } from '../../shared/manifest/manifest.js';

/** What a tier says that it has. */
export interface Given {
  /** Undefined: it does not say. */
  readonly size: number | undefined;
  readonly body: ReadableStream<Uint8Array> | null;
}

export type ReadBlob =
  { readonly kind: 'blob'; readonly bytes: Uint8Array } | { readonly kind: 'corrupt'; readonly bytes: number };

/**
 * Reads a blob into memory of exactly its size, once, and compares it with its digest. What is said to have another size
 * is not read; what turns out longer is not read on. Throws `heap-exhausted` when there is no memory for it, and what
 * reading throws. When `signal` aborts, reading ends.
 */
export async function readBlob({ size, body }: Given, ref: BlobRef, signal: AbortSignal): Promise<ReadBlob> {
  if (body === null || (size !== undefined && size !== ref.bytes)) {
    await body?.cancel().catch(() => undefined);
    return { kind: 'corrupt', bytes: size ?? 0 };
  }
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  let whole = false;
  try {
    const memory = allocate(ref.bytes);
    const bytes = await fillBytes(reader, memory, tooLong, () => signal.throwIfAborted());
    signal.throwIfAborted(); // a stream that was cancelled looks as if it had ended
    whole = true;
    const same = bytes.byteLength === ref.bytes && (await sha256Hex(bytes)) === ref.sha256;
    return same ? { kind: 'blob', bytes } : { kind: 'corrupt', bytes: bytes.byteLength };
  } catch (error) {
    if (error instanceof TooLong) return { kind: 'corrupt', bytes: error.bytes };
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
    if (!whole) cancel();
  }
}

class TooLong extends BrinkError {
  readonly bytes: number;

  constructor(bytes: number) {
    super('artifact-corrupt', `got at least ${bytes} bytes`);
    this.bytes = bytes;
  }
}

const tooLong = (bytes: number): BrinkError => new TooLong(bytes);

function allocate(bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (error) {
    throw new BrinkError('heap-exhausted', `the edge has no memory for an artifact of ${bytes} bytes`, {
      cause: error,
      retryAfterMs: 1_000,
    });
  }
}
