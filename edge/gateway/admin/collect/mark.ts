import { trimOldest } from '../../../../shared/collections/trim-oldest.js';
import { BrinkError, unwrap } from '../../../../shared/errors/brink-error.js';
import { blobsOf } from '../../../../shared/manifest/manifest.js';
import type { ControlPlaneApi } from '../../../../shared/release/control-plane.js';
import type { Release } from '../../../../shared/release/release.js';
import { manifestDigestOf, manifestsPrefix } from '../../../artifact-keys.js';
import { readManifest } from '../../manifests.js';
import { modelNames } from '../model-names.js';

/** What is needed: digests of versions, and of the blobs that they are made of. */
export interface Needed {
  readonly versions: ReadonlySet<string>;
  readonly blobs: ReadonlySet<string>;
}

/** Not all manifests are known yet: asked again, it goes on from there. */
export interface Reading {
  readonly known: number;
  readonly of: number;
}

export interface MarkOptions {
  readonly bucket: R2Bucket;
  readonly controlOf: (model: string) => Pick<ControlPlaneApi, 'lease'>;
  /** Manifests that were written later than this are needed: a publisher writes its manifest before it names it. */
  readonly sinceMs: number;
  /** To tell what would go: as if these were named no more. */
  readonly without?: readonly { readonly model: string; readonly version: string }[];
}

/** A request to a Worker may do a thousand things elsewhere: these leave some for the rest. */
const readsMax = 300;
const modelsMax = 500;
const atOnce = 16;
/** More could not be held in an isolate at once, and are never all known. */
export const manifestsMax = 4_096;

interface ManifestFacts {
  readonly model: string;
  readonly blobs: readonly string[];
}
// Immutable things by digest. Bounded: the oldest goes first.
const factsByDigest = new Map<string, ManifestFacts>();

/**
 * What some release names, and what somebody may be about to name. Every release is read from its control plane, every
 * manifest by its digest; rejects when any of them cannot be read, or names what is not there. Then nothing may be deleted.
 */
export async function mark(options: MarkOptions): Promise<Needed | Reading> {
  const { bucket, sinceMs, without = [] } = options;
  const stored = await storedManifests(bucket);
  const unknown = [...stored.keys()].filter((digest) => !factsByDigest.has(digest));
  await fewAtOnce(unknown.slice(0, readsMax), async (digest) => {
    const { model, ...manifest } = await readNamed(bucket, digest);
    factsByDigest.set(digest, { model, blobs: blobsOf({ model, ...manifest }).map(({ sha256 }) => sha256) });
  });
  trimOldest(factsByDigest, manifestsMax);
  const facts = new Map([...stored.keys()].map((digest) => [digest, factsByDigest.get(digest)] as const));
  const known = [...facts.values()].filter((one) => one !== undefined).length;
  if (known < stored.size) return { known, of: stored.size };
  // A model is known by its copy in R2, which may not have been written yet, or by its manifests.
  const models = new Set([...(await modelNames(bucket)), ...[...facts.values()].map((one) => one?.model ?? '')]);
  if (models.size > modelsMax) throw tooMany(`${models.size} models, expected at most ${modelsMax}`);
  const versions = new Set([...stored].filter(([, uploadedAt]) => uploadedAt >= sinceMs).map(([digest]) => digest));
  await fewAtOnce([...models], async (model) => {
    const release = await releaseOf(model, options);
    for (const digest of release === null ? [] : digestsOf(release, without)) {
      if (!stored.has(digest)) throw missing(model, digest);
      versions.add(digest);
    }
  });
  return { versions, blobs: new Set([...versions].flatMap((digest) => facts.get(digest)?.blobs ?? [])) };
}

/** When each manifest was written, by its digest. */
async function storedManifests(bucket: R2Bucket): Promise<Map<string, number>> {
  const stored = new Map<string, number>();
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: manifestsPrefix, ...(cursor === undefined ? {} : { cursor }) });
    for (const { key, uploaded } of page.objects) {
      const digest = manifestDigestOf(key);
      if (digest !== undefined) stored.set(digest, uploaded.getTime());
    }
    if (stored.size > manifestsMax) throw tooMany(`more than ${manifestsMax} manifests`);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return stored;
}

async function releaseOf(model: string, { controlOf }: MarkOptions): Promise<Release | null> {
  const outcome = await controlOf(model).lease();
  if (!outcome.ok && outcome.failure.code === 'unknown-model') return null;
  return unwrap(outcome).release;
}

function digestsOf(release: Release, without: NonNullable<MarkOptions['without']>): string[] {
  const gone = new Set(without.filter(({ model }) => model === release.model).map(({ version }) => version));
  const named = release.versions.filter(({ version }) => !gone.has(version));
  return [...named, release.stable, release.lastGood].flatMap((ref) => (ref === null ? [] : [ref.digest]));
}

async function readNamed(bucket: R2Bucket, digest: string): ReturnType<typeof readManifest> {
  try {
    return await readManifest(bucket, digest);
  } catch (error) {
    if (!(error instanceof BrinkError)) throw error;
    throw new BrinkError(error.code, `nothing was deleted: of the manifest ${digest}: ${error.message}`, {
      cause: error,
    });
  }
}

async function fewAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += atOnce) await Promise.all(items.slice(from, from + atOnce).map(work));
}

const missing = (model: string, digest: string): BrinkError =>
  new BrinkError('artifact-unavailable', `nothing was deleted: model ${model} names the version ${digest}, whose manifest is missing`); // prettier-ignore

const tooMany = (what: string): BrinkError =>
  new BrinkError('not-supported', `nothing was deleted: the store has ${what}`);
