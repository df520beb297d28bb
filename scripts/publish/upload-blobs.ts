import type { AdminClient } from '../client/admin-client.js';
import { RemoteError } from '../client/remote-error.js';
import { type RetryOptions, withRetries } from '../client/with-retries.js';
import { partBytes as partBytesDefault } from '../../shared/manifest/blob-limits.js';
import type { BlobRef } from '../../shared/manifest/manifest.js';
import type { Content } from './content/content.js';
import type { UploadState } from './publish-events.js';
import { type PartRange, rangesOf, readPart } from './upload/blob-parts.js';
import { fewAtOnce } from './upload/few-at-once.js';

/** Files and parts together: each is in memory while it is sent. */
export const uploadsAtOnceMax = 4;
/** Somebody who sends the same file at the same time may join it first, and take its parts away. */
const joinsMax = 3;

export interface UploadResult {
  /** Files that the server did not have. */
  readonly uploadedBlobs: number;
  /** What was sent of them: parts that an earlier try had sent are not sent again. */
  readonly uploadedBytes: number;
}

export interface UploadOptions extends RetryOptions {
  /** Larger files are sent in parts of this size. */
  readonly partBytes?: number;
}

type Blob = readonly [sha256: string, content: Content];

/**
 * Sends the blobs that the server lacks, a few at once, large ones in parts. What breaks is tried again a few times;
 * after the first failure that stays nothing else is begun. Again the same goes on where it stopped.
 */
export async function uploadBlobs(
  client: AdminClient,
  blobs: ReadonlyMap<string, Content>,
  onProgress: (state: UploadState) => void,
  options: UploadOptions = {},
): Promise<UploadResult> {
  const missing: Blob[] = [];
  await fewAtOnce([...blobs], uploadsAtOnceMax, async (blob) => {
    if (!(await withRetries(() => client.hasBlob(blob[0]), options))) missing.push(blob);
  });
  // Large ones first: what takes longest should not begin last.
  missing.sort(([, a], [, b]) => b.byteLength - a.byteLength);
  const totalBytes = missing.reduce((sum, [, { byteLength }]) => sum + byteLength, 0);
  const files = missing.length;
  let doneBytes = 0;
  let uploadedBytes = 0;
  onProgress({ files, doneBytes, totalBytes });
  const upload = new Upload(client, options, (bytes, sent) => {
    doneBytes += bytes;
    if (sent) uploadedBytes += bytes;
    onProgress({ files, doneBytes, totalBytes });
  });
  await fewAtOnce(missing.flatMap((blob) => upload.jobsOf(blob)), uploadsAtOnceMax, (job) => job()); // prettier-ignore
  return { uploadedBlobs: files, uploadedBytes };
}

type Job = () => Promise<void>;
type OnDone = (bytes: number, sent: boolean) => void;

class Upload {
  readonly #client: AdminClient;
  readonly #options: UploadOptions;
  readonly #onDone: OnDone;

  constructor(client: AdminClient, options: UploadOptions, onDone: OnDone) {
    this.#client = client;
    this.#options = options;
    this.#onDone = onDone;
  }

  /** What is to be done for a blob: all of it at once, or its parts in any order, of which the last joins them. */
  jobsOf([sha256, content]: Blob): Job[] {
    const { partBytes = partBytesDefault } = this.#options;
    if (content.byteLength <= partBytes) return [() => this.#sendWhole(sha256, content)];
    const ranges = rangesOf(content, partBytes);
    const parts: BlobRef[] = [];
    let left = ranges.length;
    return ranges.map((range, index) => async () => {
      const { ref, sent } = await this.#sendPart(content, range);
      parts[index] = ref;
      left -= 1;
      if (left === 0) await this.#join(sha256, content, ranges, parts);
      this.#onDone(ref.bytes, sent);
    });
  }

  async #sendWhole(sha256: string, content: Content): Promise<void> {
    const bytes = await content.bytes();
    await withRetries(() => this.#client.putBlob(sha256, bytes), this.#options);
    this.#onDone(content.byteLength, true);
  }

  async #sendPart(content: Content, range: PartRange): Promise<{ readonly ref: BlobRef; readonly sent: boolean }> {
    const part = await readPart(content, range);
    const { sha256, bytes } = part;
    const there = await withRetries(() => this.#client.hasPart(sha256), this.#options);
    if (!there) await withRetries(() => this.#client.putPart(sha256, part.content), this.#options);
    return { ref: { sha256, bytes }, sent: !there };
  }

  async #join(
    sha256: string,
    content: Content,
    ranges: readonly PartRange[],
    parts: readonly BlobRef[],
  ): Promise<void> {
    for (let joins = 1; ; joins += 1) {
      try {
        await withRetries(() => this.#client.joinBlob(sha256, parts), this.#options);
        return;
      } catch (error) {
        if (!(error instanceof RemoteError) || error.code !== 'incomplete-blob' || joins >= joinsMax) throw error;
        for (const range of ranges) await this.#sendPart(content, range);
      }
    }
  }
}
