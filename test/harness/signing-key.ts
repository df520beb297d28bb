import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Signature, SignatureFile } from '../../shared/signing/signature-file.js';
import { signedBytes } from '../../shared/signing/signed-bytes.js';

/** A key made for a test. */
export interface SigningKey {
  readonly id: string;
  readonly publicKey: Uint8Array;
  /** Its entry in a list of accepted keys. */
  entry(name: string, expiry?: string): string;
  sign(digest: string): Signature;
  /** A file with its signature alone. */
  file(digest: string): SignatureFile;
}

/** Made by node:crypto, so that what checks by WebCrypto is checked by another implementation. */
export function newSigningKey(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = rawOf(publicKey);
  const id = createHash('sha256').update(raw).digest('hex').slice(0, 16);
  const signIt = (digest: string): Signature => ({
    key: id,
    signature: sign(null, signedBytes(digest), privateKey).toString('base64'),
  });
  return {
    id,
    publicKey: raw,
    entry: (name, expiry) => `${name}=${raw.toString('base64')}${expiry === undefined ? '' : `@${expiry}`}`,
    sign: signIt,
    file: (digest) => ({ schema: 1, digest, signatures: [signIt(digest)] }),
  };
}

const rawOf = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
