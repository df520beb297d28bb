import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { BlobRef } from '../../shared/manifest/manifest.js';
import type { Clock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import { type ArtifactSource, MissingArtifact } from './artifact-source.js';
import { SingleFlight } from './single-flight.js';
import { fileMatches, writeVerified } from './write-verified.js';

export interface BlobStoreOptions {
  readonly cacheDir: string;
  readonly source: ArtifactSource;
  readonly clock: Clock;
  /** Hears of a file whose bytes are not those of its name, once it is dropped. */
  readonly onCorrupt: (blob: BlobRef, from: 'disk' | 'source') => void;
  /** Hears of each look on the disk and at the source: what came of it, and the bytes that a hit gave. */
  readonly onRead?: (read: ArtifactRead) => void;
  /** For one download, whoever waits for it. */
  readonly downloadMsMax?: number;
}

export interface ArtifactRead {
  readonly tier: 'disk' | 'source';
  readonly outcome: 'hit' | 'miss' | 'corrupt' | 'failed';
  readonly bytes: number;
}

const downloadMsDefault = 300_000;

/** Blobs on this disk, by digest. A path that it gives out has been verified by this process. */
export class BlobStore {
  readonly #options: BlobStoreOptions;
  readonly #directory: string;
  readonly #verified = new SingleFlight<string>();

  constructor(options: BlobStoreOptions) {
    this.#options = options;
    this.#directory = join(options.cacheDir, 'blobs', 'sha256');
  }

  /**
   * Where the blob lies. Shared by all who ask: a caller whose deadline passes leaves, the download goes on. Errors:
   * `deadline-exceeded`, `artifact-corrupt`, `artifact-unavailable`.
   */
  path(blob: BlobRef, deadline: Deadline): Promise<string> {
    const key = `${blob.sha256}:${blob.bytes}`;
    const flight = this.#verified.run(key, () => this.#obtain(blob));
    return deadline.bound(flight, 'an artifact was fetched');
  }

  /** Looks at the file again before it is given out next. */
  forget({ sha256, bytes }: BlobRef): void {
    this.#verified.forget(`${sha256}:${bytes}`);
  }

  async #obtain(blob: BlobRef): Promise<string> {
    const { onCorrupt } = this.#options;
    const path = join(this.#directory, blob.sha256);
    const matches = await this.#lookOnDisk(path, blob);
    if (matches === true) return path;
    if (matches === false) {
      await rm(path, { force: true });
      onCorrupt(blob, 'disk');
    }
    try {
      await this.#download(blob, path);
      this.#noteRead('source', 'hit', blob.bytes);
    } catch (error) {
      const corrupt = error instanceof BrinkError && error.code === 'artifact-corrupt';
      this.#noteRead('source', corrupt ? 'corrupt' : error instanceof MissingArtifact ? 'miss' : 'failed');
      if (corrupt) onCorrupt(blob, 'source');
      throw error;
    }
    return path;
  }

  async #lookOnDisk(path: string, blob: BlobRef): Promise<boolean | undefined> {
    try {
      const matches = await fileMatches(path, blob);
      if (matches === true) this.#noteRead('disk', 'hit', blob.bytes);
      else this.#noteRead('disk', matches === false ? 'corrupt' : 'miss');
      return matches;
    } catch (error) {
      this.#noteRead('disk', 'failed');
      throw error;
    }
  }

  #noteRead(tier: ArtifactRead['tier'], outcome: ArtifactRead['outcome'], bytes = 0): void {
    this.#options.onRead?.({ tier, outcome, bytes });
  }

  async #download(blob: BlobRef, path: string): Promise<void> {
    const { clock, source, downloadMsMax = downloadMsDefault } = this.#options;
    const deadline = new Deadline(clock, downloadMsMax);
    const abort = new AbortController();
    const work = async (): Promise<void> => {
      await mkdir(this.#directory, { recursive: true });
      const stream = await source.blob(blob.sha256, abort.signal);
      await writeVerified(path, blob, stream, abort.signal);
    };
    try {
      await deadline.bound(work(), 'an artifact was fetched');
    } catch (error) {
      if (error instanceof BrinkError) throw error;
      throw new BrinkError('artifact-unavailable', 'an artifact could not be fetched or kept', {
        cause: error,
        retryAfterMs: 1_000,
      });
    } finally {
      abort.abort();
    }
  }
}
