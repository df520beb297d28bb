import type { Context } from 'hono';
import { z } from 'zod';
import { BrinkError, unwrap } from '../../../shared/errors/brink-error.js';
import { goldensCount, looserTolerances } from '../../../shared/golden/looser-tolerances.js';
import { jsonResponse } from '../../../shared/http/responses.js';
import type { Route } from '../../../shared/http/routing.js';
import { canonicalJson } from '../../../shared/manifest/canonical.js';
import { manifestDigest } from '../../../shared/manifest/digest.js';
import { blobsOf, type Manifest, manifestSchema } from '../../../shared/manifest/manifest.js';
import { checkName, nameSchema } from '../../../shared/protocol/names.js';
import type { Release, VersionRef } from '../../../shared/release/release.js';
import { signatureListSchema } from '../../../shared/signing/signature-file.js';
import { blobKey, manifestKey } from '../../artifact-keys.js';
import type { Env } from '../../bindings.js';
import type { GatewayEnv } from '../gateway-env.js';
import { manifestOf } from '../manifests.js';
import { actorOf } from './actor.js';
import { addSignatures, checkSigned, signersOf } from './add-signatures.js';
import { adminBody } from './admin-body.js';
import { noMarker } from './collect/collection-marker.js';
import { modelNames } from './model-names.js';
import { controlOf, controlPlane } from './release-routes.js';

type Ctx = Context<GatewayEnv>;

const publishSchema = z.strictObject({
  version: nameSchema,
  manifest: manifestSchema,
  why: z.string().trim().min(1).max(500),
  /** Of the manifest's digest; they may also have come before, by themselves. */
  signatures: signatureListSchema.optional(),
});

/** Publishing versions and listing what there is, for operators. */
export const versionRoutes: Route<GatewayEnv>[] = [
  { method: 'GET', path: '/admin/v1/models', handler: listModels },
  { method: 'GET', path: '/admin/v1/models/:model/versions', handler: listVersions },
  { method: 'POST', path: '/admin/v1/models/:model/versions', handler: addVersion },
];

async function listModels(context: Ctx): Promise<Response> {
  const names = await modelNames(context.env.BLOBS);
  const grants = await Promise.all(names.map((name) => controlPlane(context, name).lease()));
  return jsonResponse({ models: grants.filter((grant) => grant.ok).map((grant) => grant.value.release) });
}

async function listVersions(context: Ctx): Promise<Response> {
  const { release } = unwrap(await controlOf(context).lease());
  const versions = await Promise.all(release.versions.map((ref) => describeVersion(context.env, release, ref)));
  return jsonResponse({ release, versions });
}

function unreadable(error: unknown): undefined {
  const isDamaged = error instanceof BrinkError && ['artifact-corrupt', 'artifact-unavailable'].includes(error.code);
  if (!isDamaged) throw error;
}

async function describeVersion(env: Env, release: Release, ref: VersionRef): Promise<Record<string, unknown>> {
  const standing = {
    ...ref,
    stable: release.stable?.version === ref.version,
    lastGood: release.lastGood?.version === ref.version,
    fenced: release.fenced.includes(ref.digest),
  };
  const manifest = await manifestOf(env.BLOBS, ref.digest).catch(unreadable);
  // One that is damaged keeps nobody from seeing the others, nor from publishing it again, which mends it.
  if (manifest === undefined) return { ...standing, damaged: true, tiers: [], handler: null, bytes: 0 };
  return {
    ...standing,
    tiers: manifest.placement.tiers,
    handler: manifest.handler,
    goldens: goldensCount(manifest),
    looser: looserTolerances(manifest),
    signedBy: await signersOf(env, ref.digest),
    bytes: blobsOf(manifest).reduce((sum, blob) => sum + blob.bytes, 0),
  };
}

/**
 * The manifest, then a look whether all blobs are there, then the version's name: what is named is always complete. The
 * manifest comes first so that whoever collects what nobody needs sees it, or has gone before the look.
 */
async function addVersion(context: Ctx): Promise<Response> {
  const model = checkName('model', context.req.param('model') ?? '');
  const {
    version,
    manifest,
    why,
    signatures = [],
  } = await adminBody(context.req.raw, publishSchema, 'invalid-manifest');
  checkManifest(model, manifest);
  const digest = await manifestDigest(manifest);
  if (signatures.length > 0) await addSignatures(context.env, digest, signatures);
  await checkSigned(context.env, digest);
  await context.env.BLOBS.put(manifestKey(digest), canonicalJson(manifest), { sha256: digest });
  await noMarker(context.env.BLOBS);
  await checkBlobs(context.env.BLOBS, manifest);
  const outcome = await controlPlane(context, model).addVersion({ model, version, digest }, actorOf(context, why));
  const { release, added } = unwrap(outcome);
  return jsonResponse({ model, version, digest, added, release }, added ? 201 : 200);
}

function checkManifest(model: string, manifest: Manifest): void {
  if (manifest.model !== model) {
    throw new BrinkError('invalid-manifest', `expected a manifest of model '${model}', got one of '${manifest.model}'`);
  }
  if (manifest.inferGraph !== null && !Object.hasOwn(manifest.graphs, manifest.inferGraph)) {
    throw new BrinkError('invalid-manifest', `expected 'inferGraph' to be one of the manifest's graphs`);
  }
  if (manifest.inferGraph === null && manifest.handler === null) {
    throw new BrinkError('invalid-manifest', "expected 'inferGraph' or 'handler': with neither nothing can be asked");
  }
}

async function checkBlobs(bucket: R2Bucket, manifest: Manifest): Promise<void> {
  const blobs = blobsOf(manifest);
  const stored = await Promise.all(blobs.map(({ sha256 }) => bucket.head(blobKey(sha256))));
  const missing = blobs.filter((blob, index) => stored[index]?.size !== blob.bytes);
  if (missing.length === 0) return;
  const names = missing.slice(0, 4).map(({ sha256 }) => sha256).join(', '); // prettier-ignore
  throw new BrinkError(
    'incomplete-version',
    `expected all ${blobs.length} blobs of the manifest to be stored, ${missing.length} are not: ${names}`,
  );
}
