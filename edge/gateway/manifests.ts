import { trimOldest } from '../../shared/collections/trim-oldest.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { sha256Hex } from '../../shared/manifest/digest.js';
import { type Manifest, manifestSchema } from '../../shared/manifest/manifest.js';
import { manifestKey } from '../artifact-keys.js';

const manifestsMax = 512;
// Immutable things by digest, so that they can never be stale. Bounded: the oldest goes first.
const held = new Map<string, Manifest>();

/**
 * The manifest of a digest, checked against it. R2 holds the canonical bytes, so the digest is that of the bytes.
 * Throws `artifact-unavailable`, `artifact-corrupt`, or `not-supported` for a manifest newer than this Worker.
 */
export async function manifestOf(bucket: R2Bucket, digest: string): Promise<Manifest> {
  const known = held.get(digest);
  if (known !== undefined) return known;
  const manifest = await readManifest(bucket, digest);
  held.set(digest, manifest);
  trimOldest(held, manifestsMax);
  return manifest;
}

/** As `manifestOf`, from R2 whatever is held. */
export async function readManifest(bucket: R2Bucket, digest: string): Promise<Manifest> {
  const object = await bucket.get(manifestKey(digest)).catch((error: unknown) => {
    throw new BrinkError('artifact-unavailable', 'the manifest of the version could not be read', { cause: error });
  });
  if (object === null) throw new BrinkError('artifact-unavailable', 'the manifest of the version is missing');
  const bytes = new Uint8Array(await object.arrayBuffer());
  if ((await sha256Hex(bytes)) !== digest) {
    throw new BrinkError('artifact-corrupt', 'the manifest of the version does not have the digest it is stored under');
  }
  const parsed = manifestSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (parsed.success) return parsed.data;
  throw new BrinkError('not-supported', 'the version was published for a newer edge than this one', {
    cause: parsed.error,
  });
}
