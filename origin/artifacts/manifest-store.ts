import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { manifestDigest } from '../../shared/manifest/digest.js';
import { type Manifest, manifestSchema, sha256Schema } from '../../shared/manifest/manifest.js';
import type { SignatureGuard } from '../../shared/signing/signature-guard.js';
import type { Deadline } from '../../shared/time/deadline.js';
import type { ArtifactSource } from './artifact-source.js';
import { keepText } from './keep-text.js';
import { SingleFlight } from './single-flight.js';

/** The newest manifest that this build understands. */
const schemaMax = 1;
/** For one fetch, whoever waits for it. */
const fetchMsMax = 30_000;

export interface ManifestStoreOptions {
  readonly cacheDir: string;
  readonly source: ArtifactSource;
  /** Lets versions through, or rejects. */
  readonly signatures: Pick<SignatureGuard, 'check'>;
}

/** Manifests on this disk and in memory, by digest. What it gives out may run here. */
export class ManifestStore {
  readonly #directory: string;
  readonly #source: ArtifactSource;
  readonly #signatures: Pick<SignatureGuard, 'check'>;
  readonly #manifests = new SingleFlight<Manifest>();

  constructor({ cacheDir, source, signatures }: ManifestStoreOptions) {
    this.#signatures = signatures;
    this.#directory = join(cacheDir, 'manifests', 'sha256');
    this.#source = source;
  }

  /**
   * Errors: `deadline-exceeded`, `artifact-unavailable`, `artifact-corrupt` for a text that is not the
   * digest's, `not-supported` for a manifest newer than this build, `invalid-manifest` for one that is wrong,
   * `signature-refused` for one that nobody vouches for, or nobody any more.
   */
  async manifest(digest: string, deadline: Deadline): Promise<Manifest> {
    sha256Schema.parse(digest); // it becomes a file name
    const flight = this.#manifests.run(digest, () => this.#obtain(digest));
    const manifest = await deadline.bound(flight, 'a manifest was fetched');
    // Each time, not once with the manifest: a key may have expired since.
    await deadline.bound(this.#signatures.check(digest), 'signatures were fetched');
    return manifest;
  }

  async #obtain(digest: string): Promise<Manifest> {
    const path = join(this.#directory, `${digest}.json`);
    const kept = await readFile(path, 'utf8').catch(() => undefined);
    if (kept !== undefined) {
      const manifest = await checkManifest(digest, kept).catch(() => undefined);
      if (manifest !== undefined) return manifest;
      await rm(path, { force: true }); // written by another build, or damaged: the source decides
    }
    const text = await this.#source.manifest(digest, AbortSignal.timeout(fetchMsMax));
    const manifest = await checkManifest(digest, text);
    await keepText(path, text);
    return manifest;
  }
}

/** The manifest in `text`, if it is the one that `digest` names and this build understands it. */
export async function checkManifest(digest: string, text: string): Promise<Manifest> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BrinkError('invalid-manifest', 'expected a manifest, got text that is not JSON', { cause: error });
  }
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  if (typeof schema === 'number' && schema > schemaMax) {
    throw new BrinkError('not-supported', `expected a manifest of schema ${schemaMax} or older, got schema ${schema}`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.').slice(0, 64) ?? '';
    throw new BrinkError(
      'invalid-manifest',
      `expected a manifest of schema ${schemaMax}, got one that is wrong at "${at}"`,
      {
        cause: parsed.error,
      },
    );
  }
  const actual = await manifestDigest(parsed.data);
  if (actual === digest) return parsed.data;
  throw new BrinkError(
    'artifact-corrupt',
    `expected the manifest of digest ${digest.slice(0, 12)}…, got the one of ${actual.slice(0, 12)}…`,
  );
}
