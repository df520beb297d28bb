import { BrinkError } from '../../shared/errors/brink-error.js';
import { sha256Hex } from '../../shared/manifest/digest.js';
import type { BlobRef } from '../../shared/manifest/manifest.js';
import { blobKey } from '../artifact-keys.js';
import { within } from '../within.js';

/** How long each tier may take to give a blob. The cache fails open (R2 is asked), R2 fails closed. */
export const cacheMsMax = 2_000;
export const bucketMsMax = 20_000;

/** A year: blobs never change under their digest. */
const cacheControl = 'public, max-age=31536000, immutable';

export const blobCacheUrl = (sha256: string): string => `https://artifacts.brink.internal/blobs/sha256/${sha256}`;

export interface ArtifactStoreOptions {
  readonly bucket: Pick<R2Bucket, 'get'>;
  readonly cache: Pick<Cache, 'match' | 'put' | 'delete'>;
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Blobs by digest: from the data centre's cache, else from R2. Whoever gave the bytes, they are verified. The cache may
 * forget, refuse, lie or hang: that costs time and nothing else.
 */
export class ArtifactStore {
  readonly #options: ArtifactStoreOptions;

  constructor(options: ArtifactStoreOptions) {
    this.#options = options;
  }

  /** Throws `artifact-unavailable` when nobody has it, `artifact-corrupt` when R2 has something else under its digest. */
  async get(ref: BlobRef): Promise<Uint8Array> {
    return (await this.#fromCache(ref)) ?? (await this.#fromBucket(ref));
  }

  async #fromCache(ref: BlobRef): Promise<Uint8Array | undefined> {
    const { cache, waitUntil, log } = this.#options;
    try {
      const bytes = await within(cacheMsMax, this.#readCache(ref));
      if (bytes === undefined || (await isBlob(bytes, ref))) return bytes;
      log('artifact-corrupt', { tier: 'cache', sha256: ref.sha256, expectedBytes: ref.bytes, bytes: bytes.byteLength });
      waitUntil(cache.delete(blobCacheUrl(ref.sha256)).catch(() => false));
    } catch (error) {
      log('artifact-cache-failed', { sha256: ref.sha256, error: String(error) });
    }
    return undefined;
  }

  async #readCache(ref: BlobRef): Promise<Uint8Array | undefined> {
    const response = await this.#options.cache.match(blobCacheUrl(ref.sha256));
    return response === undefined ? undefined : new Uint8Array(await response.arrayBuffer());
  }

  async #fromBucket(ref: BlobRef): Promise<Uint8Array> {
    const bytes = await this.#readBucket(ref);
    if (bytes === undefined) {
      throw new BrinkError('artifact-unavailable', `the artifact store has no blob ${ref.sha256.slice(0, 12)}`);
    }
    if (!(await isBlob(bytes, ref))) {
      const { log } = this.#options;
      log('artifact-corrupt', { tier: 'r2', sha256: ref.sha256, expectedBytes: ref.bytes, bytes: bytes.byteLength });
      throw new BrinkError('artifact-corrupt', `blob ${ref.sha256.slice(0, 12)} is not what its digest says`);
    }
    this.#keep(ref, bytes);
    return bytes;
  }

  async #readBucket(ref: BlobRef): Promise<Uint8Array | undefined> {
    try {
      const read = this.#options.bucket.get(blobKey(ref.sha256)).then((object) => object?.arrayBuffer());
      const buffer = await within(bucketMsMax, read);
      return buffer && new Uint8Array(buffer);
    } catch (error) {
      throw new BrinkError('artifact-unavailable', 'the artifact store did not answer', {
        cause: error,
        retryAfterMs: 1_000,
      });
    }
  }

  #keep(ref: BlobRef, bytes: Uint8Array): void {
    const { cache, waitUntil, log } = this.#options;
    const response = new Response(bytes, { headers: { 'cache-control': cacheControl } });
    const failed = (error: unknown): void => log('artifact-cache-failed', { sha256: ref.sha256, error: String(error) });
    waitUntil(cache.put(blobCacheUrl(ref.sha256), response).catch(failed));
  }
}

async function isBlob(bytes: Uint8Array, ref: BlobRef): Promise<boolean> {
  return bytes.byteLength === ref.bytes && (await sha256Hex(bytes)) === ref.sha256;
}
