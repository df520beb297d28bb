import type { Context } from 'hono';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { jsonResponse } from '../../../shared/http/responses.js';
import type { Route } from '../../../shared/http/routing.js';
import { requestBytesMax } from '../../../shared/manifest/blob-limits.js';
import { blobKey, manifestKey, partKey } from '../../artifact-keys.js';
import type { GatewayEnv } from '../gateway-env.js';
import { digestParam } from './digest-param.js';

type Ctx = Context<GatewayEnv>;

/** Where a digest is kept: a blob, or a part of one. */
type KeyOf = (sha256: string) => string;

const storing = (path: string, keyOf: KeyOf): Route<GatewayEnv>[] => [
  { method: 'HEAD', path, handler: (c: Ctx) => headStored(c, keyOf) },
  { method: 'GET', path, handler: (c: Ctx) => headStored(c, keyOf) }, // Hono answers HEAD through GET
  { method: 'PUT', path, handler: (c: Ctx) => putStored(c, keyOf) },
];

/** Uploading blobs, whole or in parts, for operators. */
export const blobAdminRoutes: Route<GatewayEnv>[] = [
  ...storing('/admin/v1/blobs/:sha256', blobKey),
  ...storing('/admin/v1/parts/:sha256', partKey),
];

/** Reading artifacts by digest, for origins. */
export const artifactRoutes: Route<GatewayEnv>[] = [
  { method: 'GET', path: '/artifacts/v1/blobs/:sha256', handler: (c: Ctx) => stream(c, blobKey(digestParam(c))) },
  {
    method: 'GET',
    path: '/artifacts/v1/manifests/:sha256',
    handler: (c: Ctx) => stream(c, manifestKey(digestParam(c))),
  },
];

async function headStored(context: Ctx, keyOf: KeyOf): Promise<Response> {
  const object = await context.env.BLOBS.head(keyOf(digestParam(context)));
  if (object === null) throw unknownBlob();
  return jsonResponse({ sha256: digestParam(context), bytes: object.size });
}

async function putStored(context: Ctx, keyOf: KeyOf): Promise<Response> {
  const sha256 = digestParam(context);
  const bytes = declaredBytes(context.req.header('content-length'));
  const existing = await context.env.BLOBS.head(keyOf(sha256));
  // Stored again even when it is there: that is how a damaged blob is mended, and R2 takes only what has this digest.
  const body = context.req.raw.body ?? new Uint8Array(0);
  try {
    await context.env.BLOBS.put(keyOf(sha256), body, { sha256 }); // R2 refuses what does not have this digest
  } catch (error) {
    throw new BrinkError('digest-mismatch', 'the bytes that came do not have the SHA-256 in the path', {
      cause: error,
    });
  }
  return jsonResponse({ sha256, bytes }, existing === null ? 201 : 200);
}

async function stream(context: Ctx, key: string): Promise<Response> {
  const object = await context.env.BLOBS.get(key);
  if (object === null) throw unknownBlob();
  // Content addressed: it may be kept for ever by whoever may read it.
  return new Response(object.body, {
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(object.size),
      'cache-control': 'private, max-age=31536000, immutable',
    },
  });
}

function declaredBytes(header: string | undefined): number {
  if (header === undefined || !/^\d{1,15}$/.test(header)) {
    throw new BrinkError('invalid-request', 'expected a content-length, got none');
  }
  const bytes = Number(header);
  if (bytes <= requestBytesMax) return bytes;
  throw new BrinkError(
    'body-too-large',
    `expected at most ${requestBytesMax} bytes in one request, got ${bytes}: send it in parts`,
  );
}

function unknownBlob(): BrinkError {
  return new BrinkError('unknown-blob', 'nothing is stored under this digest');
}
