import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyFile, readKeyFile } from '../../../scripts/signing/key-file.js';
import { signManifest } from '../../../scripts/signing/sign-manifest.js';
import { manifestDigest } from '../../../shared/manifest/digest.js';
import { parseAcceptedKeys } from '../../../shared/signing/accepted-keys.js';
import { verifySignatures } from '../../../shared/signing/verify-signatures.js';
import { doubleModel } from '../../harness/onnx.js';
import { makeVersion } from '../../harness/versions.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brink-keys-'));
  file = join(folder, 'release.pem');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a key file', () => {
  it('is PKCS#8 that only its owner may read, and is never written over', async () => {
    const made = await createKeyFile(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(await readKeyFile(file)).toMatchObject({ id: made.id, publicKey: made.publicKey, readableByOthers: false });
    await expect(createKeyFile(file)).rejects.toMatchObject({ code: 'invalid-key' });
    await expect(createKeyFile(file)).rejects.toThrow(/exists already/);
    expect(await readFile(file, 'utf8')).toBe(text);
    await chmod(file, 0o644);
    expect(await readKeyFile(file)).toMatchObject({ readableByOthers: true });
  });

  it('signs manifests so that both tiers accept them', async () => {
    const { id, publicKey } = await createKeyFile(file);
    const { target } = await makeVersion({ main: doubleModel() });
    const signature = await signManifest(target.manifest, file);
    expect(signature.key).toBe(id);
    const signed = { schema: 1 as const, digest: target.digest, signatures: [signature] };
    const keys = parseAcceptedKeys('KEYS', `me=${publicKey}`);
    expect(await verifySignatures(target.digest, signed, keys, 0)).toMatchObject({ ok: true, by: ['me'] });
    const edited = await manifestDigest({ ...target.manifest, deadlineMs: 1 });
    expect(await verifySignatures(edited, { ...signed, digest: edited }, keys, 0)).toMatchObject({ ok: false });
  });

  const pem = (type: 'rsa' | 'ed25519', passphrase?: string): string => {
    const { privateKey } = type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2_048 }) : generateKeyPairSync('ed25519'); // prettier-ignore
    const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
    return privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }).toString();
  };
  it.each([
    ['another kind of key', () => pem('rsa'), /expected an Ed25519 key, got one of rsa/],
    ['a key with a passphrase', () => pem('ed25519', 'secret'), /without a passphrase/],
    ['text', () => 'hello', /expected a private key in PEM/],
    ['a damaged key', () => pem('ed25519').replace(/\n./, '\n!'), /cannot be read$/],
    ['something huge', () => 'x'.repeat(20_000), /at most 16384 bytes, got 20000/],
  ])('that is %s is refused', async (_, text, message) => {
    await writeFile(file, text());
    await expect(readKeyFile(file)).rejects.toMatchObject({ code: 'invalid-key' });
    await expect(readKeyFile(file)).rejects.toThrow(message);
  });

  it('that is not there is refused, by its path', async () => {
    await expect(readKeyFile(file)).rejects.toThrow(/release\.pem: the key cannot be read \(ENOENT\)/);
    await expect(createKeyFile(join(folder, 'none', 'a.pem'))).rejects.toThrow(/cannot be written/);
  });
});
