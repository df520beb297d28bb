import type { Context } from 'hono';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { bodyOfRequest } from '../../../shared/http/body-source.js';
import { jsonResponse } from '../../../shared/http/responses.js';
import type { Route } from '../../../shared/http/routing.js';
import { smallJsonBody } from '../../../shared/http/small-json-body.js';
import { signatureFileBytesMax, signatureFileSchema } from '../../../shared/signing/signature-file.js';
import { systemClock } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';
import { manifestKey } from '../../artifact-keys.js';
import type { GatewayEnv } from '../gateway-env.js';
import { storedSignatures } from '../signatures.js';
import { addSignatures } from './add-signatures.js';
import { digestParam } from './digest-param.js';

const bodyMsMax = 30_000;

type Ctx = Context<GatewayEnv>;

/** Signing, for operators: what is signed, and signatures, which may come before the version is published. */
export const signatureAdminRoutes: Route<GatewayEnv>[] = [
  { method: 'GET', path: '/admin/v1/manifests/:sha256', handler: getManifest },
  { method: 'GET', path: '/admin/v1/signatures/:sha256', handler: getSignatures },
  { method: 'PUT', path: '/admin/v1/signatures/:sha256', handler: putSignatures },
];

/** Reading signatures, for origins, which judge them by keys of their own. */
export const signatureArtifactRoutes: Route<GatewayEnv>[] = [
  { method: 'GET', path: '/artifacts/v1/signatures/:sha256', handler: getSignatures },
];

async function getManifest(context: Ctx): Promise<Response> {
  const object = await context.env.BLOBS.get(manifestKey(digestParam(context)));
  if (object === null) throw new BrinkError('unknown-blob', 'no manifest is stored under this digest');
  return new Response(object.body, { headers: headersOf(object.size) });
}

async function getSignatures(context: Ctx): Promise<Response> {
  const stored = await storedSignatures(context.env.BLOBS, digestParam(context));
  if (stored === undefined) throw new BrinkError('unknown-blob', 'a version of this digest has no signatures');
  return new Response(stored.text, { headers: headersOf() });
}

/** Adds to what is there: the signatures of other keys stay. */
async function putSignatures(context: Ctx): Promise<Response> {
  const digest = digestParam(context);
  const file = await smallJsonBody(bodyOfRequest(context.req.raw), signatureFileSchema, {
    bytesMax: signatureFileBytesMax,
    deadline: new Deadline(systemClock, bodyMsMax),
  });
  if (file.digest !== digest) {
    throw new BrinkError('digest-mismatch', `expected signatures of ${digest}, got those of ${file.digest}`);
  }
  return jsonResponse(await addSignatures(context.env, digest, file.signatures));
}

/** Signatures change, and a manifest of an operator's is asked for once. */
const headersOf = (bytes?: number): Record<string, string> => ({
  'content-type': 'application/json',
  'cache-control': 'no-store',
  ...(bytes === undefined ? {} : { 'content-length': String(bytes) }),
});
