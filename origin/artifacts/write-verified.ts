import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { BlobRef } from '../../shared/manifest/manifest.js';

/**
 * Writes a stream to `path` if its bytes are those of `blob`: verified while they arrive, into a temporary file beside
 * it that is synced and then renamed. So a file that has its name has its bytes, whenever the process or the machine
 * dies. Anything else is `artifact-corrupt`, and nothing of it stays.
 */
export async function writeVerified(
  path: string,
  blob: BlobRef,
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const file = await open(temporary, 'wx');
    try {
      for await (const chunk of stream) {
        signal.throwIfAborted();
        bytes += chunk.byteLength;
        if (bytes > blob.bytes) throw corrupt(blob, `more than ${blob.bytes} bytes`);
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      const sha256 = hash.digest('hex');
      if (bytes !== blob.bytes) throw corrupt(blob, `${bytes} bytes`);
      if (sha256 !== blob.sha256) throw corrupt(blob, `bytes of sha-256 ${sha256}`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true }); // after the rename there is none
  }
}

/** Whether the file at `path` has the bytes of `blob`; undefined when there is no file. */
export async function fileMatches(path: string, blob: BlobRef): Promise<boolean | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      hash.update(chunk);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return bytes === blob.bytes && hash.digest('hex') === blob.sha256;
}

function corrupt(blob: BlobRef, got: string): BrinkError {
  return new BrinkError(
    'artifact-corrupt',
    `expected ${blob.bytes} bytes of sha-256 ${blob.sha256.slice(0, 12)}…, got ${got}`,
    { retryAfterMs: 5_000 },
  );
}
