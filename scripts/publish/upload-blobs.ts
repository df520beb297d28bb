import type { AdminClient } from '../client/admin-client.js';
import type { Content } from './content/content.js';
import type { UploadState } from './publish-events.js';

export const uploadsAtOnceMax = 4;

export interface UploadResult {
  readonly uploadedBlobs: number;
  readonly uploadedBytes: number;
}

type Blob = readonly [sha256: string, content: Content];

/** Sends the blobs that the server lacks, a few at once. After the first failure no other is begun. */
export async function uploadBlobs(
  client: AdminClient,
  blobs: ReadonlyMap<string, Content>,
  onProgress: (state: UploadState) => void,
): Promise<UploadResult> {
  const missing: Blob[] = [];
  await fewAtOnce([...blobs], async (blob) => {
    if (!(await client.hasBlob(blob[0]))) missing.push(blob);
  });
  const totalBytes = missing.reduce((sum, [, { byteLength }]) => sum + byteLength, 0);
  const files = missing.length;
  let doneBytes = 0;
  onProgress({ files, doneBytes, totalBytes });
  // Large ones first: what takes longest should not begin last.
  missing.sort(([, a], [, b]) => b.byteLength - a.byteLength);
  await fewAtOnce(missing, async ([sha256, content]) => {
    await client.putBlob(sha256, await content.bytes());
    doneBytes += content.byteLength;
    onProgress({ files, doneBytes, totalBytes });
  });
  return { uploadedBlobs: files, uploadedBytes: totalBytes };
}

/** Rejects with the first failure, when everything that was begun has ended. */
async function fewAtOnce(blobs: readonly Blob[], work: (blob: Blob) => Promise<void>): Promise<void> {
  const queue = [...blobs];
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !failed; next = queue.shift()) await work(next);
  };
  const workers = Array.from({ length: uploadsAtOnceMax }, () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  const settled = await Promise.allSettled(workers);
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
}
