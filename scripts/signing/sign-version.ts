import { manifestDigest } from '../../shared/manifest/digest.js';
import type { Manifest } from '../../shared/manifest/manifest.js';
import type { AdminClient } from '../client/admin-client.js';
import { RemoteError } from '../client/remote-error.js';
import { PublishError } from '../publish/publish-error.js';
import type { SigningKey } from './key-file.js';
import { signDigest } from './sign-manifest.js';

export interface SignOptions {
  readonly model: string;
  readonly version: string;
  readonly key: SigningKey;
  /** What the signer means to sign; another digest is not signed. */
  readonly expectDigest?: string | undefined;
}

export interface SignedVersion {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly key: string;
  /** Ids of all keys that have signed it. */
  readonly signedBy: readonly string[];
}

/**
 * Signs a published version and stores the signature beside those of others. The server says which digest the name has;
 * what is signed is the digest of the manifest that came, computed here. Errors: RemoteError, and PublishError
 * `signature-mismatch` where the manifest is not what was asked for.
 */
export async function signVersion(client: AdminClient, options: SignOptions): Promise<SignedVersion> {
  const { model, version, key, expectDigest } = options;
  const { release } = await client.versions(model);
  const named = release.versions.find((ref) => ref.version === version)?.digest;
  if (named === undefined)
    throw new RemoteError(404, 'unknown-version', `model "${model}" has no version "${version}"`);
  if (expectDigest !== undefined && named !== expectDigest) {
    throw mismatch(`expected ${version} to have the digest ${expectDigest}, it has ${named}: nothing was signed`);
  }
  const manifest = await client.manifest(named);
  const digest = await checkedDigest(manifest, model, named);
  const file = { schema: 1 as const, digest, signatures: [signDigest(digest, key)] };
  const { signatures } = await client.putSignatures(file);
  return { model, version, digest, key: key.id, signedBy: signatures.map((one) => one.key) };
}

async function checkedDigest(manifest: Manifest, model: string, named: string): Promise<string> {
  const digest = await manifestDigest(manifest);
  if (digest !== named) throw mismatch(`expected the manifest of ${named}, got one of ${digest}: nothing was signed`);
  if (manifest.model !== model) {
    throw mismatch(`expected a manifest of "${model}", got one of "${manifest.model}": nothing was signed`);
  }
  return digest;
}

const mismatch = (message: string): PublishError => new PublishError('signature-mismatch', message);
