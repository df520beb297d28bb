import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import { PublishError } from '../publish/publish-error.js';

/** An Ed25519 key in PEM has about 120 bytes. */
const keyFileBytesMax = 16 * 1024;

/** A key to sign with, and what others need to know of it. */
export interface SigningKey {
  /** The first 16 hexadecimal digits of the SHA-256 of the public key. */
  readonly id: string;
  /** The 32 bytes of the public key in base64, as SIGNATURE_KEYS has them. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
  /** Whether others than its owner may read the file (never so on Windows, where modes say nothing). */
  readonly readableByOthers: boolean;
}

/** Makes a key and writes it to a file that only its owner may read. Throws `invalid-key`, also for a file that exists. */
export async function createKeyFile(path: string): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw invalid(exists ? `${path} exists already: a key is never written over` : `${path} cannot be written`, error);
  }
  return { ...describe(privateKey), readableByOthers: false };
}

/** The key of a PEM file (PKCS#8). Throws `invalid-key`, which names the file and never quotes it. */
export async function readKeyFile(path: string): Promise<SigningKey> {
  const { pem, mode } = await readBounded(path);
  if (pem.includes('ENCRYPTED PRIVATE KEY')) {
    throw invalid(`${path}: expected a key without a passphrase, got an encrypted one`);
  }
  if (!pem.includes('PRIVATE KEY'))
    throw invalid(`${path}: expected a private key in PEM, as brink keys new writes it`);
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch {
    throw invalid(`${path}: expected a private key in PEM, got one that cannot be read`); // the cause may quote it
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') {
    throw invalid(`${path}: expected an Ed25519 key, got one of ${privateKey.asymmetricKeyType ?? 'another kind'}`);
  }
  return { ...describe(privateKey), readableByOthers: process.platform !== 'win32' && (mode & 0o077) !== 0 };
}

async function readBounded(path: string): Promise<{ pem: string; mode: number }> {
  try {
    const file = await open(path, 'r');
    try {
      const { size, mode } = await file.stat();
      if (size > keyFileBytesMax) throw invalid(`${path}: expected at most ${keyFileBytesMax} bytes, got ${size}`);
      return { pem: await file.readFile('utf8'), mode };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof PublishError) throw error;
    throw invalid(`${path}: the key cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, error);
  }
}

function describe(privateKey: KeyObject): Omit<SigningKey, 'readableByOthers'> {
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url');
  const id = createHash('sha256').update(raw).digest('hex').slice(0, 16);
  return { id, publicKey: raw.toString('base64'), privateKey };
}

const invalid = (message: string, cause?: unknown): PublishError => new PublishError('invalid-key', message, { cause });
