import type { Tier } from '../../shared/manifest/manifest.js';
import type { Signature } from '../../shared/signing/signature-file.js';
import type { VersionRef } from '../../shared/release/release.js';
import type { AddedAnswer, AdminClient } from '../client/admin-client.js';
import { RemoteError, UnreachableError } from '../client/remote-error.js';
import type { PreparedVersion } from './prepare-version.js';
import type { PublishObserver } from './publish-events.js';
import { PublishError } from './publish-error.js';
import { sendAndRegister } from './upload/send-and-register.js';
import { uploadBlobs } from './upload-blobs.js';
import { nextVersionName } from './version-name.js';

export interface PublishOptions {
  /** The version's name; absent: the next `v<N>`, or the name under which the digest is there already. */
  readonly as?: string | undefined;
  readonly why: string;
  /** Of the prepared digest. */
  readonly signatures?: readonly Signature[] | undefined;
  readonly onEvent?: PublishObserver | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PublishResult {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** False when the server had exactly this version already. */
  readonly added: boolean;
  readonly blobs: number;
  readonly bytes: number;
  readonly uploadedBlobs: number;
  readonly uploadedBytes: number;
  readonly tiers: readonly Tier[];
  /** The version that is served; publishing never changes it. */
  readonly stable: string | null;
  /** What did not work out and does not matter to whoever asks the model. */
  readonly warnings: readonly string[];
}

/** Two who publish at once may choose the same next name: the second takes the one after. */
const nameAttemptsMax = 5;

/** Stores a version: its missing blobs, then its manifest under a name. Again the same uploads and changes nothing. */
export async function publish(
  client: AdminClient,
  prepared: PreparedVersion,
  options: PublishOptions,
): Promise<PublishResult> {
  const { manifest, digest, blobs } = prepared;
  const { model } = manifest;
  const { signal } = options;
  const present = await publishedVersions(client, model);
  const same = present.versions.find((ref) => ref.digest === digest);
  const isThere = same !== undefined && (options.as === undefined || options.as === same.version);
  if (isThere && !present.damaged.has(digest)) {
    const { signatures = [] } = options;
    if (signatures.length > 0) await client.putSignatures({ schema: 1, digest, signatures: [...signatures] });
    return resultOf(prepared, {
      ...same,
      added: false,
      stable: present.stable,
      warnings: [],
      uploadedBlobs: 0,
      uploadedBytes: 0,
    });
  }
  const { sent, registered } = await sendAndRegister(
    () => uploadBlobs(client, blobs, (state) => options.onEvent?.({ stage: 'upload', model, ...state }), { signal }),
    () => register(client, prepared, present.versions, isThere ? { ...options, as: same.version } : options),
    { signal },
  );
  const warnings = await storeMeasurements(client, prepared);
  const { version, added, release } = registered;
  return resultOf(prepared, { version, digest, added, stable: release.stable?.version ?? null, warnings, ...sent });
}

/** They belong to a version that is there by now, and it serves without them. */
async function storeMeasurements(client: AdminClient, { digest, measurements }: PreparedVersion): Promise<string[]> {
  if (measurements === undefined) return [];
  try {
    await client.putMeasurements(digest, measurements);
    return [];
  } catch (error) {
    if (!(error instanceof RemoteError) && !(error instanceof UnreachableError)) throw error;
    return [`the version is stored, its measurements are not: ${error.message}`];
  }
}

async function register(
  client: AdminClient,
  { manifest }: PreparedVersion,
  versions: readonly VersionRef[],
  { as, why, signatures, onEvent }: PublishOptions,
): Promise<AddedAnswer> {
  const names = versions.map(({ version }) => version);
  for (let attempt = 1; attempt <= nameAttemptsMax; attempt += 1) {
    const version = as ?? nextVersionName(names);
    onEvent?.({ stage: 'register', model: manifest.model, version });
    try {
      return await client.addVersion(manifest.model, { version, manifest, why, signatures });
    } catch (error) {
      const taken = error instanceof RemoteError && error.code === 'version-conflict';
      if (!taken || as !== undefined) throw error;
      names.push(version);
    }
  }
  throw new PublishError(
    'versions-exhausted',
    `${nameAttemptsMax} version names were taken in turn: choose one with --as`,
  );
}

async function publishedVersions(
  client: AdminClient,
  model: string,
): Promise<{ versions: readonly VersionRef[]; stable: string | null; damaged: ReadonlySet<string> }> {
  try {
    const { release, versions: rows } = await client.versions(model);
    const damaged = new Set(rows.filter((row) => row.damaged).map((row) => row.digest));
    return { versions: release.versions, stable: release.stable?.version ?? null, damaged };
  } catch (error) {
    if (error instanceof RemoteError && error.status === 404) return { versions: [], stable: null, damaged: new Set() };
    throw error;
  }
}

type Outcome = Pick<
  PublishResult,
  'version' | 'digest' | 'added' | 'stable' | 'uploadedBlobs' | 'uploadedBytes' | 'warnings'
>;

function resultOf({ manifest, blobs }: PreparedVersion, outcome: Outcome): PublishResult {
  const { version, digest, added, stable, warnings, uploadedBlobs, uploadedBytes } = outcome;
  const bytes = [...blobs.values()].reduce((sum, blob) => sum + blob.byteLength, 0);
  const { model, placement } = manifest;
  const stored = { blobs: blobs.size, bytes, uploadedBlobs, uploadedBytes };
  return { model, version, digest, added, ...stored, tiers: placement.tiers, stable, warnings };
}
