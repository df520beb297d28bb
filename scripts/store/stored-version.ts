import { blobsOf, type BlobRef, type Manifest, manifestSchema } from '../../shared/manifest/manifest.js';
import type { AdminClient } from '../client/admin-client.js';
import { readArtifact } from '../client/read-artifact.js';
import { RemoteError } from '../client/remote-error.js';
import type { Content } from '../publish/content/content.js';
import { OnDisk } from '../publish/content/on-disk.js';
import type { WorkFolder } from '../publish/content/work-folder.js';
import { fewAtOnce } from '../publish/upload/few-at-once.js';
import type { Check } from './verification.js';

const readsAtOnce = 4;

export interface ReadStored {
  readonly client: Pick<AdminClient, 'http'>;
  readonly work: WorkFolder;
  readonly onCheck: (check: Check) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The manifest under a digest, if it is what it should be. */
export async function readStoredManifest(
  digest: string,
  { client, work, onCheck, signal }: ReadStored,
): Promise<Manifest | undefined> {
  const tell = (state: Check['state'], detail: string, bytes: number | null): void =>
    onCheck({ what: 'manifest', name: digest, where: 'store', state, detail, bytes });
  const content = await stored(client, `manifests/${digest}`, work, signal);
  if (content?.sha256 !== digest) {
    const fault = content === undefined ? 'it is missing' : `its bytes have the digest ${content.sha256}`;
    tell('failed', fault, content?.byteLength ?? null);
    return undefined;
  }
  const parsed = manifestSchema.safeParse(JSON.parse(new TextDecoder().decode(await content.bytes())));
  const fault = parsed.success ? null : 'it was made for a newer brink than this one';
  tell(fault === null ? 'ok' : 'failed', fault ?? 'its bytes have its digest', content.byteLength);
  return parsed.data;
}

/** Every blob of a manifest, streamed and hashed: those that are what they should be, by digest. */
export async function readStoredBlobs(manifest: Manifest, reading: ReadStored): Promise<Map<string, Content>> {
  const good = new Map<string, Content>();
  const names = roles(manifest);
  await fewAtOnce(blobsOf(manifest), readsAtOnce, async (ref) => {
    const name = names.get(ref.sha256) ?? ref.sha256;
    await reading.work.reserve(name, ref.bytes);
    const content = await stored(reading.client, `blobs/${ref.sha256}`, reading.work, reading.signal);
    const fault = faultOf(ref, content);
    const state = fault === null ? 'ok' : 'failed';
    const detail = fault ?? `its bytes have its digest ${ref.sha256}`;
    reading.onCheck({ what: 'blob', name, where: 'store', state, detail, bytes: content?.byteLength ?? null });
    if (fault === null && content !== undefined) good.set(ref.sha256, content);
  });
  return good;
}

async function stored(
  { http }: Pick<AdminClient, 'http'>,
  path: Parameters<typeof readArtifact>[1],
  work: WorkFolder,
  signal: AbortSignal | undefined,
): Promise<Content | undefined> {
  try {
    return await OnDisk.written(readArtifact(http, path, signal), await work.newFile());
  } catch (error) {
    if (error instanceof RemoteError && error.code === 'unknown-blob') return undefined;
    throw error;
  }
}

function faultOf({ sha256, bytes }: BlobRef, content: Content | undefined): string | null {
  if (content === undefined) return `it is missing: nothing is stored under ${sha256}`;
  if (content.byteLength !== bytes) return `expected ${bytes} bytes, ${content.byteLength} are stored`;
  return content.sha256 === sha256 ? null : `expected the digest ${sha256}, its bytes have ${content.sha256}`;
}

/** What each blob is of the version, for people. */
function roles({ graphs, files }: Manifest): Map<string, string> {
  const names = new Map<string, string>();
  for (const [graph, { model, externalData, goldens = [] }] of Object.entries(graphs)) {
    names.set(model.sha256, `graph ${graph}`);
    for (const [file, { sha256 }] of Object.entries(externalData)) names.set(sha256, `graph ${graph}: ${file}`);
    goldens.forEach(({ sha256 }, index) => names.set(sha256, `graph ${graph}: golden ${index + 1}`));
  }
  for (const [file, { sha256 }] of Object.entries(files)) names.set(sha256, `file ${file}`);
  return names;
}
