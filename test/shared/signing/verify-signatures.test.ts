import { describe, expect, it } from 'vitest';
import { keyIdOf, parseAcceptedKeys } from '../../../shared/signing/accepted-keys.js';
import { mergeSignatures, parseSignatureFile, type SignatureFile, signatureFileBytesMax, signaturesMax } from '../../../shared/signing/signature-file.js'; // prettier-ignore
import { verifySignatures } from '../../../shared/signing/verify-signatures.js';
import { newSigningKey, type SigningKey } from '../../harness/signing-key.js';

const digest = 'a1'.repeat(32);
const now = Date.parse('2026-06-15T12:00:00Z');
const alice = newSigningKey();
const bob = newSigningKey();
const accept = (...entries: string[]) => parseAcceptedKeys('SIGNATURE_KEYS', entries.join(','));
const both = (of: string, ...keys: SigningKey[]) => ({ schema: 1 as const, digest: of, signatures: keys.map((key) => key.sign(of)) }); // prettier-ignore

describe('a version', () => {
  it('is vouched for by an accepted key, for as long as that key counts', async () => {
    expect(await verifySignatures(digest, alice.file(digest), accept(alice.entry('alice')), now)).toEqual({
      ok: true,
      by: ['alice'],
      validUntil: undefined,
    });
    const dated = accept(alice.entry('alice', '2026-06-15'), bob.entry('bob', '2026-06-15T13:00Z'));
    expect(await verifySignatures(digest, both(digest, alice, bob), dated, now)).toEqual({
      ok: true,
      by: ['alice', 'bob'],
      validUntil: Date.parse('2026-06-16T00:00:00Z'),
    });
  });

  it.each<[string, SignatureFile | undefined, string, RegExp]>([
    ['without a file', undefined, 'unsigned', /brink sign/],
    ['with a file without signatures', { schema: 1, digest, signatures: [] }, 'unsigned', /brink sign/],
    ['signed by a stranger', bob.file(digest), 'unknown-key', new RegExp(`${bob.id}.*accept that key`)],
    ['with the signatures of another version', alice.file('b2'.repeat(32)), 'bad-signature', /another version/],
    [
      'with a signature of another version under its own digest',
      { ...alice.file('b2'.repeat(32)), digest },
      'bad-signature',
      /by alice is not valid/,
    ],
    [
      'with the signature of one key under the id of another',
      { schema: 1, digest, signatures: [{ ...bob.sign(digest), key: alice.id }] },
      'bad-signature',
      /by alice/,
    ],
  ])('%s is refused, and told what to do', async (_, file, reason, text) => {
    const verdict = await verifySignatures(digest, file, accept(alice.entry('alice')), now);
    expect(verdict).toMatchObject({ ok: false, reason });
    expect(verdict).toHaveProperty('text', expect.stringMatching(text));
  });

  it('is refused from the moment on at which its key expires', async () => {
    const keys = accept(alice.entry('alice', '2026-06-15'));
    const at = (time: string) => verifySignatures(digest, alice.file(digest), keys, Date.parse(time));
    expect(await at('2026-06-15T23:59:59.999Z')).toMatchObject({ ok: true });
    expect(await at('2026-06-16T00:00:00Z')).toMatchObject({ ok: false, reason: 'expired-key' });
    expect(await at('2026-06-16T00:00:00Z')).toHaveProperty('text', expect.stringContaining('alice'));
  });

  it('outlives the rotation of a key when both have signed, and not when only the old one has', async () => {
    const [before, meanwhile, after] = [
      accept(alice.entry('old')),
      accept(alice.entry('old'), bob.entry('new')),
      accept(bob.entry('new')),
    ];
    const verdicts = (file: Parameters<typeof verifySignatures>[1]) =>
      Promise.all([before, meanwhile, after].map(async (keys) => (await verifySignatures(digest, file, keys, now)).ok));
    expect(await verdicts(alice.file(digest))).toEqual([true, true, false]);
    expect(await verdicts(both(digest, alice, bob))).toEqual([true, true, true]);
  });

  it('is not harmed by a bad signature beside a good one', async () => {
    const file = { schema: 1 as const, digest, signatures: [{ ...bob.sign('c3'.repeat(32)) }, alice.sign(digest)] };
    const keys = accept(alice.entry('alice'), bob.entry('bob'));
    expect(await verifySignatures(digest, file, keys, now)).toMatchObject({ ok: true, by: ['alice'] });
  });
});

describe('any bit that is flipped', () => {
  const flip = (bytes: Uint8Array, bit: number): Buffer => {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return flipped;
  };
  const keys = accept(alice.entry('alice'));
  const accepted = async (
    bits: number,
    make: (bit: number) => ReturnType<typeof verifySignatures>,
  ): Promise<number[]> => {
    const verdicts = await Promise.all(Array.from({ length: bits }, (_, bit) => make(bit)));
    return verdicts.flatMap(({ ok }, bit) => (ok ? [bit] : []));
  };

  it('in the signature is found', async () => {
    const { key, signature } = alice.sign(digest);
    const bytes = Buffer.from(signature, 'base64');
    const file = (bit: number) => ({ schema: 1 as const, digest, signatures: [{ key, signature: flip(bytes, bit).toString('base64') }] }); // prettier-ignore
    expect(await accepted(512, (bit) => verifySignatures(digest, file(bit), keys, now))).toEqual([]);
  });

  it('in the digest is found', async () => {
    const signatures = [alice.sign(digest)];
    const other = (bit: number): string => flip(Buffer.from(digest, 'hex'), bit).toString('hex');
    const verify = (bit: number) => verifySignatures(other(bit), { schema: 1, digest: other(bit), signatures }, keys, now); // prettier-ignore
    expect(await accepted(256, verify)).toEqual([]);
  });

  it('in the accepted key is found, also when the signature names the id of that key', async () => {
    const { signature } = alice.sign(digest);
    const verify = async (bit: number) => {
      const publicKey = new Uint8Array(flip(alice.publicKey, bit));
      const file = { schema: 1 as const, digest, signatures: [{ key: await keyIdOf(publicKey), signature }] };
      return verifySignatures(digest, file, [{ name: 'alice', publicKey, expiresAt: undefined }], now);
    };
    expect(await accepted(256, verify)).toEqual([]);
  });
});

describe('a signature file', () => {
  const good = JSON.stringify(alice.file(digest));
  const two = { ...alice.file(digest), signatures: [alice.sign(digest), alice.sign(digest)] };
  const many = { ...alice.file(digest), signatures: Array.from({ length: signaturesMax + 1 }, (_, at) => ({ ...alice.sign(digest), key: at.toString(16).padStart(16, '0') })) }; // prettier-ignore

  it('is read as it was written', () => {
    expect(parseSignatureFile(good)).toEqual(alice.file(digest));
  });

  it.each([
    ['text that is not JSON', '{"schema"', /not JSON/],
    ['another value', '[]', /wrong at ""/],
    ['another schema', good.replace('"schema":1', '"schema":2'), /wrong at "schema"/],
    ['a digest that is none', good.replace(digest, 'A1'.repeat(32)), /wrong at "digest"/],
    ['a member too many', good.replace('{', '{"__proto__":{},'), /wrong/],
    ['a key id that is none', good.replace(alice.id, `${alice.id}0`), /16 lower-case/],
    ['a signature that is too short', good.replace('==', '='), /64 bytes in base64/],
    ['a signature with bits behind its end', good.replace(/.==/, 'B=='), /64 bytes in base64/],
    ['two signatures of one key', JSON.stringify(two), /got two/],
    ['too many signatures', JSON.stringify(many), /wrong at "signatures"/],
    ['a huge file', ' '.repeat(signatureFileBytesMax) + good, /instead of at most 16384/],
  ])('with %s is refused, and told why', (_, text, message) => {
    expect(() => parseSignatureFile(text)).toThrow(message);
  });

  it('keeps what others have signed when one is added, and the newer one of the same key', () => {
    const [mine, theirs, again] = [alice.sign(digest), bob.sign(digest), alice.sign('b2'.repeat(32))];
    expect(mergeSignatures([mine, theirs], [again])).toHaveLength(2);
    expect(mergeSignatures([mine, theirs], [again])).toEqual(expect.arrayContaining([again, theirs]));
    expect(() => mergeSignatures(many.signatures, [])).toThrow(/at most 16 signatures of a version, got 17/);
  });
});
