import type { AdminClient } from '../client/admin-client.js';

export const uploadsAtOnceMax = 4;

export interface UploadResult {
  readonly uploadedBlobs: number;
  readonly uploadedBytes: number;
}

/** Sends the blobs that the server lacks, a few at once. After the first failure no other is begun. */
export async function uploadBlobs(
  client: AdminClient,
  blobs: ReadonlyMap<string, Uint8Array>,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<UploadResult> {
  // Large ones first: what takes longest should not begin last.
  const queue = [...blobs].sort(([, a], [, b]) => b.byteLength - a.byteLength);
  const totalBytes = queue.reduce((sum, [, bytes]) => sum + bytes.byteLength, 0);
  let doneBytes = 0;
  let uploadedBlobs = 0;
  let uploadedBytes = 0;
  let failed = false;
  onProgress(0, totalBytes);
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !failed; next = queue.shift()) {
      const [sha256, bytes] = next;
      if (!(await client.hasBlob(sha256))) {
        await client.putBlob(sha256, bytes);
        uploadedBlobs += 1;
        uploadedBytes += bytes.byteLength;
      }
      doneBytes += bytes.byteLength;
      onProgress(doneBytes, totalBytes);
    }
  };
  const workers = Array.from({ length: uploadsAtOnceMax }, () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  const settled = await Promise.allSettled(workers);
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
  return { uploadedBlobs, uploadedBytes };
}
