import { type AcceptedKey, keyIdOf } from './accepted-keys.js';
import { fromBase64 } from './base64.js';
import type { Signature, SignatureFile } from './signature-file.js';
import { signedBytes } from './signed-bytes.js';

export type SignatureRefusal = 'unsigned' | 'unknown-key' | 'expired-key' | 'bad-signature';

export type SignatureVerdict =
  | {
      readonly ok: true;
      /** Names of the accepted keys that have signed. */
      readonly by: readonly string[];
      /** From when on none of them counts any more; undefined: that is not known to come. */
      readonly validUntil: number | undefined;
    }
  /** `text` says what to do. */
  | { readonly ok: false; readonly reason: SignatureRefusal; readonly text: string };

/**
 * Whether an accepted key vouches for the manifest of this digest. One valid signature is enough, whatever else the file
 * holds. Of several reasons the most alarming is told. `now`: milliseconds since the epoch. Never rejects.
 */
export async function verifySignatures(
  digest: string,
  file: SignatureFile | undefined,
  acceptedKeys: readonly AcceptedKey[],
  now: number,
): Promise<SignatureVerdict> {
  if (file === undefined || file.signatures.length === 0) {
    return refusal('unsigned', 'it has no signature: sign it with brink sign <model>@<version> --key <file>');
  }
  if (file.digest !== digest) {
    return refusal('bad-signature', 'what is stored as its signatures is of another version: sign this one with brink sign'); // prettier-ignore
  }
  const keys = await Promise.all(acceptedKeys.map(async (key) => ({ ...key, id: await keyIdOf(key.publicKey) })));
  const valid: AcceptedKey[] = [];
  const wrong: string[] = [];
  for (const signature of file.signatures) {
    for (const key of keys) {
      if (key.id !== signature.key) continue;
      if (await isValid(digest, signature, key)) valid.push(key);
      else wrong.push(key.name);
    }
  }
  const current = valid.filter(({ expiresAt }) => expiresAt === undefined || now < expiresAt);
  if (current.length > 0) return { ok: true, by: current.map(({ name }) => name), validUntil: lastExpiry(current) };
  if (wrong.length > 0) {
    return refusal('bad-signature', `its signature by ${wrong.join(', ')} is not valid: the signature, the version or the accepted key is not what it was; if the version is right, sign it again with brink sign`); // prettier-ignore
  }
  if (valid.length > 0) {
    const expired = valid.map(({ name, expiresAt = 0 }) => `${name} (${new Date(expiresAt).toISOString()})`).join(', ');
    return refusal('expired-key', `it is signed by a key that has expired: ${expired}; sign it with a current one by brink sign`); // prettier-ignore
  }
  const ids = file.signatures.map(({ key }) => key).join(', ');
  return refusal('unknown-key', `it is signed by no accepted key (key ids ${ids}): accept that key, or sign it with an accepted one by brink sign`); // prettier-ignore
}

/** A public key that is no point of the curve cannot be imported in some runtimes, and verifies nothing in others. */
export async function isValid(
  digest: string,
  { signature }: Signature,
  { publicKey }: Pick<AcceptedKey, 'publicKey'>,
): Promise<boolean> {
  // prettier-ignore
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, fromBase64(signature), signedBytes(digest));
  } catch {
    return false;
  }
}

function refusal(reason: SignatureRefusal, text: string): SignatureVerdict {
  return { ok: false, reason, text };
}

function lastExpiry(keys: readonly AcceptedKey[]): number | undefined {
  const expiries = keys.map(({ expiresAt }) => expiresAt ?? Infinity);
  const last = Math.max(...expiries);
  return last === Infinity ? undefined : last;
}
