import { BrinkError } from '../../shared/errors/brink-error.js';
import type { BlobRef } from '../../shared/manifest/manifest.js';
import { type Clock, systemClock } from '../../shared/time/clock.js';
import { blobKey } from '../artifact-keys.js';
import { within } from '../within.js';
import { ArtifactReads, type ArtifactTier, type ReadOutcome } from './artifact-reads.js';
import { BlobFlights } from './blob-flights.js';
import { readBlob, type ReadBlob } from './read-blob.js';

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
  readonly clock?: Clock;
}

/**
 * Blobs by digest: from the data centre's cache, else from R2. Whoever gave the bytes, they are verified. The cache may
 * forget, refuse, lie or hang: that costs time and nothing else.
 */
export class ArtifactStore {
  /** All reads since the isolate began. */
  readonly reads = new ArtifactReads();
  readonly #options: ArtifactStoreOptions;
  readonly #flights: BlobFlights<Uint8Array>;

  constructor(options: ArtifactStoreOptions) {
    this.#options = options;
    this.#flights = new BlobFlights(options.clock ?? systemClock, cacheMsMax + bucketMsMax);
  }

  /**
   * The blob's bytes, in memory of their own that all who ask at the same time share: nobody may write to it. `reads`
   * counts what this call has read itself. Throws `artifact-unavailable` when nobody has it, `artifact-corrupt` when R2
   * has something else under its digest, `heap-exhausted` when there is no memory for it.
   */
  get(ref: BlobRef, reads?: ArtifactReads): Promise<Uint8Array> {
    const note: Note = (tier, outcome, bytes) => {
      this.reads.note(tier, outcome, bytes);
      reads?.note(tier, outcome, bytes);
    };
    return this.#flights.run(`${ref.sha256}:${ref.bytes}`, async () => {
      return (await this.#fromCache(ref, note)) ?? (await this.#fromBucket(ref, note));
    });
  }

  async #fromCache(ref: BlobRef, note: Note): Promise<Uint8Array | undefined> {
    const { cache, waitUntil, log } = this.#options;
    try {
      const found = await bounded(cacheMsMax, async (signal) => {
        const response = await cache.match(blobCacheUrl(ref.sha256));
        return response && readBlob({ size: lengthOf(response), body: response.body }, ref, signal);
      });
      noteFound(note, 'cache', found, ref);
      if (found === undefined || found.kind === 'blob') return found?.bytes;
      log('artifact-corrupt', { tier: 'cache', sha256: ref.sha256, expectedBytes: ref.bytes, bytes: found.bytes });
      waitUntil(cache.delete(blobCacheUrl(ref.sha256)).catch(() => false));
    } catch (error) {
      note('cache', 'failed', 0);
      log('artifact-cache-failed', { sha256: ref.sha256, error: String(error) });
    }
    return undefined;
  }

  async #fromBucket(ref: BlobRef, note: Note): Promise<Uint8Array> {
    const found = await this.#readBucket(ref, note);
    noteFound(note, 'r2', found, ref);
    if (found === undefined) {
      throw new BrinkError('artifact-unavailable', `the artifact store has no blob ${ref.sha256.slice(0, 12)}`);
    }
    if (found.kind === 'corrupt') {
      const { log } = this.#options;
      log('artifact-corrupt', { tier: 'r2', sha256: ref.sha256, expectedBytes: ref.bytes, bytes: found.bytes });
      throw new BrinkError('artifact-corrupt', `blob ${ref.sha256.slice(0, 12)} is not what its digest says`);
    }
    this.#keep(ref, found.bytes);
    return found.bytes;
  }

  async #readBucket(ref: BlobRef, note: Note): Promise<ReadBlob | undefined> {
    try {
      return await bounded(bucketMsMax, async (signal) => {
        const object = await this.#options.bucket.get(blobKey(ref.sha256));
        return object === null ? undefined : readBlob(object, ref, signal);
      });
    } catch (error) {
      note('r2', 'failed', 0);
      if (error instanceof BrinkError) throw error;
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

type Note = (tier: ArtifactTier, outcome: ReadOutcome, bytes: number) => void;

function noteFound(note: Note, tier: ArtifactTier, found: ReadBlob | undefined, ref: BlobRef): void {
  if (found === undefined) note(tier, 'miss', 0);
  else if (found.kind === 'blob') note(tier, 'hit', ref.bytes);
  else note(tier, 'corrupt', found.bytes);
}

/** `work` within `ms`; its signal aborts when nobody waits for it any more. */
async function bounded<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  try {
    return await within(ms, work(controller.signal));
  } finally {
    controller.abort();
  }
}

function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}
