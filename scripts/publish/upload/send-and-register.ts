import { RemoteError } from '../../client/remote-error.js';
import { withRetries, type RetryOptions } from '../../client/with-retries.js';
import type { UploadResult } from '../upload-blobs.js';

/**
 * Sends what is missing, then registers. Where files are gone in between (they were nobody's, and were collected), both
 * once more: only what is missing is sent again.
 */
export async function sendAndRegister<T>(
  send: () => Promise<UploadResult>,
  register: () => Promise<T>,
  options: RetryOptions = {},
): Promise<{ readonly sent: UploadResult; readonly registered: T }> {
  const sent = await send();
  try {
    return { sent, registered: await withRetries(register, options) };
  } catch (error) {
    if (!(error instanceof RemoteError) || error.code !== 'incomplete-version') throw error;
    const again = await send();
    return {
      sent: {
        uploadedBlobs: sent.uploadedBlobs + again.uploadedBlobs,
        uploadedBytes: sent.uploadedBytes + again.uploadedBytes,
      },
      registered: await withRetries(register, options),
    };
  }
}
