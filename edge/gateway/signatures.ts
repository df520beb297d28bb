import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Manifest } from '../../shared/manifest/manifest.js';
import { signatureFileBytesMax } from '../../shared/signing/signature-file.js';
import { SignatureGuard } from '../../shared/signing/signature-guard.js';
import { systemClock } from '../../shared/time/clock.js';
import { signaturesKey } from '../artifact-keys.js';
import type { Env } from '../bindings.js';
import { settingsOf } from '../settings.js';
import { within } from '../within.js';
import { inBackground } from './isolate.js';
import { manifestOf } from './manifests.js';

/** Fails closed: what cannot be read in this time is not known to be signed. */
const readMsMax = 10_000;

// One isolate has one environment, so other accepted keys come with another isolate.
const guards = new WeakMap<Env, SignatureGuard>();

/** What lets versions through in this isolate, as its policy says. */
export function signatureGuardOf(env: Env): SignatureGuard {
  let guard = guards.get(env);
  if (guard === undefined) {
    guard = new SignatureGuard({
      rule: settingsOf(env).signing,
      readers: [(digest) => storedSignatures(env.BLOBS, digest).then((stored) => stored?.text)],
      clock: systemClock,
      warn: (digest, { reason, text }) =>
        console.log(JSON.stringify({ event: 'signature-warning', digest, reason, text })),
      background: inBackground,
    });
    guards.set(env, guard);
  }
  return guard;
}

/** The manifest of a version that may run here. Errors: those of `manifestOf`, and `signature-refused`. */
export async function servedManifest(env: Env, digest: string): Promise<Manifest> {
  const [manifest] = await Promise.all([manifestOf(env.BLOBS, digest), signatureGuardOf(env).check(digest)]);
  return manifest;
}

export interface StoredSignatures {
  readonly text: string;
  readonly etag: string;
}

/**
 * The signature file of a digest; undefined: there is none. One that is too large is not read: its text is empty, which is
 * no signature file either. Throws `artifact-unavailable`.
 */
export async function storedSignatures(bucket: R2Bucket, digest: string): Promise<StoredSignatures | undefined> {
  const read = async (): Promise<StoredSignatures | undefined> => {
    const object = await bucket.get(signaturesKey(digest));
    if (object === null) return undefined;
    const { etag, size } = object;
    if (size <= signatureFileBytesMax) return { text: await object.text(), etag };
    await object.body.cancel();
    return { text: '', etag };
  };
  try {
    return await within(readMsMax, read());
  } catch (error) {
    const text = 'the signatures of the version could not be read';
    throw new BrinkError('artifact-unavailable', text, { cause: error, retryAfterMs: 1_000 });
  }
}
