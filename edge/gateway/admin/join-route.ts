import type { Context } from 'hono';
import { z } from 'zod';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { jsonResponse } from '../../../shared/http/responses.js';
import type { Route } from '../../../shared/http/routing.js';
import { blobBytesMax } from '../../../shared/manifest/blob-limits.js';
import { blobRefSchema } from '../../../shared/manifest/manifest.js';
import { blobKey, partKey } from '../../artifact-keys.js';
import type { GatewayEnv } from '../gateway-env.js';
import { adminBody } from './admin-body.js';
import { digestParam } from './digest-param.js';

/** Each part is a read of R2, and a request may have a thousand. */
const partsMax = 900;
const headsAtOnce = 32;

type Part = z.infer<typeof blobRefSchema>;

const joinSchema = z.strictObject({ parts: z.array(blobRefSchema).min(1).max(partsMax) });

/** Making one blob of parts that were sent before. */
export const joinRoutes: Route<GatewayEnv>[] = [
  { method: 'POST', path: '/admin/v1/blobs/:sha256/join', handler: joinBlob },
];

/**
 * The parts, in this order, become the blob; then they are gone. Again the same is done at once: who was cut off before
 * the answer may ask again. R2 takes only what has the digest in the path.
 */
async function joinBlob(context: Context<GatewayEnv>): Promise<Response> {
  const sha256 = digestParam(context);
  const { parts } = await adminBody(context.req.raw, joinSchema);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes > blobBytesMax) {
    throw new BrinkError('body-too-large', `expected parts of at most ${blobBytesMax} bytes in all, got ${bytes}`);
  }
  const bucket = context.env.BLOBS;
  const missing = await missingParts(bucket, parts);
  if (missing.length > 0) {
    // Somebody else who sent the same file may have joined it, and taken the parts away.
    if ((await bucket.head(blobKey(sha256)))?.size === bytes) return jsonResponse({ sha256, bytes });
    throw missingError(parts.length, missing);
  }
  await putJoined(bucket, sha256, parts, bytes);
  await bucket.delete([...new Set(parts.map((part) => partKey(part.sha256)))]);
  return jsonResponse({ sha256, bytes }, 201);
}

async function missingParts(bucket: R2Bucket, parts: readonly Part[]): Promise<string[]> {
  const wanted = [...new Map(parts.map((part) => [part.sha256, part])).values()];
  const missing: string[] = [];
  for (let from = 0; from < wanted.length; from += headsAtOnce) {
    const some = wanted.slice(from, from + headsAtOnce);
    const heads = await Promise.all(some.map((part) => bucket.head(partKey(part.sha256))));
    missing.push(...some.filter((part, at) => heads[at]?.size !== part.bytes).map((part) => part.sha256));
  }
  return missing;
}

/** Streamed from R2 to R2: an isolate holds no more of it than what is on its way. */
async function putJoined(bucket: R2Bucket, sha256: string, parts: readonly Part[], bytes: number): Promise<void> {
  const { readable, writable } = new FixedLengthStream(bytes);
  const pumping = pump(bucket, parts, writable);
  const putting = bucket.put(blobKey(sha256), readable, { sha256 });
  const [pumped, put] = await Promise.allSettled([pumping, putting]);
  if (pumped.status === 'rejected' && pumped.reason instanceof BrinkError) throw pumped.reason;
  if (put.status === 'fulfilled' && pumped.status === 'fulfilled') return;
  const cause = (put.status === 'rejected' ? put.reason : (pumped as PromiseRejectedResult).reason) as unknown;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/sha-?256|checksum/i.test(text)) {
    throw new BrinkError('digest-mismatch', 'the parts joined do not have the SHA-256 in the path', { cause });
  }
  throw new BrinkError('artifact-unavailable', 'the parts could not be joined: expected to be asked again', { cause });
}

async function pump(bucket: R2Bucket, parts: readonly Part[], writable: WritableStream): Promise<void> {
  try {
    for (const part of parts) {
      const object = await bucket.get(partKey(part.sha256));
      if (object === null) throw missingError(parts.length, [part.sha256]);
      await object.body.pipeTo(writable, { preventClose: true });
    }
    await writable.close();
  } catch (error) {
    await writable.abort(error).catch(() => undefined); // it may have failed itself
    throw error;
  }
}

function missingError(of: number, missing: readonly string[]): BrinkError {
  const names = missing.slice(0, 4).join(', ');
  return new BrinkError(
    'incomplete-blob',
    `expected all ${of} parts to be stored with these sizes, ${missing.length} are not: ${names}`,
  );
}
