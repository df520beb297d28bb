import { sign } from 'node:crypto';
import { manifestDigest } from '../../shared/manifest/digest.js';
import type { Manifest } from '../../shared/manifest/manifest.js';
import type { Signature } from '../../shared/signing/signature-file.js';
import { signedBytes } from '../../shared/signing/signed-bytes.js';
import { readKeyFile, type SigningKey } from './key-file.js';

/**
 * The signature of the key in a file over a manifest, by the digest that it has here. Goes into `signatures` of what is
 * published, or beside the manifest later. Throws PublishError `invalid-key`.
 */
export async function signManifest(manifest: Manifest, keyFile: string): Promise<Signature> {
  return signDigest(await manifestDigest(manifest), await readKeyFile(keyFile));
}

export function signDigest(digest: string, { id, privateKey }: SigningKey): Signature {
  return { key: id, signature: sign(null, signedBytes(digest), privateKey).toString('base64') };
}
