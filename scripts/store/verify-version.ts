import { signatureFileSchema } from '../../shared/signing/signature-file.js';
import type { AdminClient } from '../client/admin-client.js';
import { readArtifact } from '../client/read-artifact.js';
import { RemoteError } from '../client/remote-error.js';
import { WorkFolder } from '../publish/content/work-folder.js';
import type { InspectOptions } from '../publish/throw-away-runner.js';
import { runStoredGoldens } from './stored-goldens.js';
import { readStoredBlobs, readStoredManifest } from './stored-version.js';
import type { Check, Verification } from './verification.js';

export interface VerifyOptions extends InspectOptions {
  readonly onCheck?: ((check: Check) => void) | undefined;
}

/**
 * Reads a version as it is stored, every byte of it, and runs its goldens. What is wrong is in the answer; throws when
 * there is no such version, and when the server cannot be asked.
 */
export async function verifyVersion(
  client: AdminClient,
  { model, version }: { readonly model: string; readonly version: string },
  { onCheck: tell = () => undefined, ...options }: VerifyOptions = {},
): Promise<Verification> {
  const { release } = await client.ages(model);
  const digest = release.versions.find((ref) => ref.version === version)?.digest;
  if (digest === undefined) throw new RemoteError(404, 'unknown-version', `model ${model} has no version ${version}`);
  const checks: Check[] = [];
  const onCheck = (check: Check): void => {
    checks.push(check);
    tell(check);
  };
  const work = new WorkFolder();
  try {
    const reading = { client, work, onCheck, signal: options.signal };
    const manifest = await readStoredManifest(digest, reading);
    onCheck(await signatureCheck(client, digest, options.signal));
    if (manifest !== undefined) {
      const blobs = await readStoredBlobs(manifest, reading);
      await runStoredGoldens(manifest, blobs, { ...options, onCheck });
    }
  } finally {
    await work.remove();
  }
  return { model, version, digest, ok: checks.every(({ state }) => state !== 'failed'), checks };
}

/** Whose signatures there are. Whether their keys are accepted is the edges' and origins' to say, who have the list. */
async function signatureCheck(client: AdminClient, digest: string, signal: AbortSignal | undefined): Promise<Check> {
  const check = { what: 'signature', name: digest, where: 'store', bytes: null } as const;
  try {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of readArtifact(client.http, `signatures/${digest}`, signal)) text += decoder.decode(chunk, { stream: true }); // prettier-ignore
    const parsed = signatureFileSchema.safeParse(JSON.parse(text));
    if (!parsed.success || parsed.data.digest !== digest) return { ...check, state: 'failed', detail: 'what is stored is no signature of it' }; // prettier-ignore
    const keys = parsed.data.signatures.map(({ key }) => key).join(', ');
    return keys === '' ? { ...check, state: 'absent', detail: 'it is not signed' } : { ...check, state: 'ok', detail: `signed with ${keys}` }; // prettier-ignore
  } catch (error) {
    if (error instanceof RemoteError && error.status === 404) return { ...check, state: 'absent', detail: 'it is not signed' }; // prettier-ignore
    throw error;
  }
}
