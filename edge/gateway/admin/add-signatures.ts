import { BrinkError } from '../../../shared/errors/brink-error.js';
import { keyIdOf } from '../../../shared/signing/accepted-keys.js';
import {
  mergeSignatures,
  parseSignatureFile,
  type Signature,
  type SignatureFile,
} from '../../../shared/signing/signature-file.js';
import { isValid, verifySignatures } from '../../../shared/signing/verify-signatures.js';
import { systemClock } from '../../../shared/time/clock.js';
import { signaturesKey } from '../../artifact-keys.js';
import type { Env } from '../../bindings.js';
import { settingsOf } from '../../settings.js';
import { signatureGuardOf, storedSignatures } from '../signatures.js';

/** Two who sign at the same time write one after the other. */
const writesMax = 5;

/**
 * Stores signatures of a digest beside those of others; of the same key the newer one holds. Errors: `unsigned-version`
 * for one by an accepted key that is not valid, `invalid-request` for more than a version may have.
 */
export async function addSignatures(env: Env, digest: string, added: readonly Signature[]): Promise<SignatureFile> {
  await checkAdded(env, digest, added);
  for (let write = 0; write < writesMax; write += 1) {
    const stored = await storedSignatures(env.BLOBS, digest);
    const signatures = mergeSignatures(stored === undefined ? [] : known(digest, stored.text), added);
    const file: SignatureFile = { schema: 1, digest, signatures };
    // Only over what was read: somebody else's signature of this moment is not lost.
    const onlyIf = stored === undefined ? { etagDoesNotMatch: '*' } : { etagMatches: stored.etag };
    if ((await env.BLOBS.put(signaturesKey(digest), JSON.stringify(file), { onlyIf })) !== null) return file;
  }
  throw new BrinkError('overloaded', 'others sign this version at the same moment: try again', { retryAfterMs: 1_000 });
}

/** Refuses a version that no accepted key vouches for, where the policy asks for one: `unsigned-version`. */
export async function checkSigned(env: Env, digest: string): Promise<void> {
  if (settingsOf(env).signing.policy !== 'require') return;
  const verdict = await signatureGuardOf(env).look(digest);
  if (!verdict.ok) throw new BrinkError('unsigned-version', `the version is not accepted here: ${verdict.text}`);
}

/** Names of the accepted keys that vouch for a version now. Where no key is accepted, nothing is read. */
export async function signersOf(env: Env, digest: string): Promise<readonly string[]> {
  if (settingsOf(env).signing.keys.length === 0) return [];
  const verdict = await signatureGuardOf(env).look(digest);
  return verdict.ok ? verdict.by : [];
}

/** An accepted key's signature is known to be valid or not: a wrong one must not take the place of a right one. */
async function checkAdded(env: Env, digest: string, added: readonly Signature[]): Promise<void> {
  for (const key of settingsOf(env).signing.keys) {
    const id = await keyIdOf(key.publicKey);
    const signature = added.find((one) => one.key === id);
    if (signature === undefined || (await isValid(digest, signature, key))) continue;
    const file: SignatureFile = { schema: 1, digest, signatures: [signature] };
    const verdict = await verifySignatures(digest, file, [key], systemClock.now());
    throw new BrinkError('unsigned-version', `nothing was stored: ${verdict.ok ? '' : verdict.text}`);
  }
}

/** What is stored and is no signature file of this digest vouches for nothing, and is written over. */
function known(digest: string, text: string): readonly Signature[] {
  try {
    const file = parseSignatureFile(text);
    return file.digest === digest ? file.signatures : [];
  } catch {
    return [];
  }
}
