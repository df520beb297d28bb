import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EdgeSource } from '../../../origin/artifacts/edge-source.js';
import { ManifestStore } from '../../../origin/artifacts/manifest-store.js';
import { originSignatures } from '../../../origin/artifacts/signature-store.js';
import type { Target } from '../../../shared/engine/engine.js';
import { canonicalJson } from '../../../shared/manifest/canonical.js';
import { parseAcceptedKeys } from '../../../shared/signing/accepted-keys.js';
import type { SignaturePolicy } from '../../../shared/signing/signing-rule.js';
import { systemClock } from '../../../shared/time/clock.js';
import { doubleModel } from '../../harness/onnx.js';
import { newSigningKey } from '../../harness/signing-key.js';
import { MemorySource, within } from '../harness.js';

let cacheDir: string;
let source: MemorySource;
let version: Target;
let lines: Readonly<Record<string, unknown>>[];
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'brink-test-cache-'));
  source = new MemorySource();
  version = await source.publish({ main: doubleModel() });
  lines = [];
});
afterEach(() => rm(cacheDir, { recursive: true, force: true }));

const key = newSigningKey();
const other = newSigningKey();

/** As a process that has just started. */
function newStore(policy: SignaturePolicy = 'require', entries = key.entry('ci')): ManifestStore {
  const rule = { policy, keys: parseAcceptedKeys('ORIGIN_SIGNATURE_KEYS', entries) };
  const log = (line: Readonly<Record<string, unknown>>): void => void lines.push(line);
  const signatures = originSignatures({ cacheDir, source, rule, clock: systemClock, log });
  return new ManifestStore({ cacheDir, source, signatures });
}
const ask = (store: ManifestStore) => store.manifest(version.digest, within(10_000));
const sign = (by = key): unknown => source.signatureFiles.set(version.digest, JSON.stringify(by.file(version.digest)));
const kept = (): string => join(cacheDir, 'signatures', 'sha256', `${version.digest}.json`);
const refused = { code: 'signature-refused' };

describe('an origin that requires signatures', () => {
  it('loads what is signed, and again without the edge after a restart', async () => {
    sign();
    expect(await ask(newStore())).toEqual(version.manifest);
    expect(JSON.parse(await readFile(kept(), 'utf8'))).toEqual(key.file(version.digest));
    source.failures = Infinity;
    expect(await ask(newStore())).toEqual(version.manifest);
  });

  it.each([
    ['without a signature', () => undefined, /brink sign/],
    ['signed by a stranger', () => sign(other), /no accepted key/],
    [
      'with the signature of another version',
      () => source.signatureFiles.set(version.digest, JSON.stringify(key.file('a1'.repeat(32)))),
      /another version/,
    ],
    [
      'with the signature of another version under its digest',
      () => source.signatureFiles.set(version.digest, JSON.stringify({ ...key.file('a1'.repeat(32)), digest: version.digest })), // prettier-ignore
      /by ci is not valid/,
    ],
    ['with a file that is none', () => source.signatureFiles.set(version.digest, '[]'), /expected a signature file/],
  ])('refuses a version %s', async (_, prepare, text) => {
    prepare();
    await expect(ask(newStore())).rejects.toMatchObject(refused);
    await expect(ask(newStore())).rejects.toThrow(text);
  });

  it('refuses an expired key, and a manifest that is on its disk already', async () => {
    sign();
    await ask(newStore('off'));
    await expect(ask(newStore('require', key.entry('ci', '2020-01-01')))).rejects.toThrow(/expired: ci/);
    source.signatureFiles.clear();
    await rm(kept(), { force: true });
    await expect(ask(newStore())).rejects.toMatchObject(refused);
  });

  it('lives through a rotation: what both keys have signed runs before, meanwhile and after', async () => {
    const { digest } = version;
    source.signatureFiles.set(digest, JSON.stringify({ schema: 1, digest, signatures: [key.sign(digest)] }));
    await ask(newStore());
    await ask(newStore('require', `${key.entry('old')},${other.entry('new')}`));
    await expect(ask(newStore('require', other.entry('new')))).rejects.toThrow(/no accepted key/);
    const signatures = [key.sign(digest), other.sign(digest)];
    source.signatureFiles.set(digest, JSON.stringify({ schema: 1, digest, signatures }));
    await ask(newStore('require', other.entry('new'))); // what is kept on disk does not vouch for it: asked anew
    source.failures = Infinity;
    await ask(newStore('require', other.entry('new')));
  });

  it('asks the edge when what it has kept is damaged, and never trusts that', async () => {
    sign();
    await mkdir(dirname(kept()), { recursive: true });
    for (const text of ['{"schema":1', ' '.repeat(100_000), JSON.stringify(other.file(version.digest))]) {
      await writeFile(kept(), text);
      await ask(newStore());
      expect((await stat(kept())).size).toBe(JSON.stringify(key.file(version.digest)).length);
    }
    await writeFile(kept(), JSON.stringify(other.file(version.digest)));
    source.signatureFiles.clear();
    await expect(ask(newStore())).rejects.toMatchObject(refused);
  });

  it('refuses a manifest that was changed after it was signed, whoever gives it', async () => {
    sign();
    const changed = canonicalJson({ ...version.manifest, deadlineMs: 1 });
    source.manifests.set(version.digest, changed);
    await expect(ask(newStore())).rejects.toMatchObject({ code: 'artifact-corrupt' });
    await mkdir(join(cacheDir, 'manifests', 'sha256'), { recursive: true });
    await writeFile(join(cacheDir, 'manifests', 'sha256', `${version.digest}.json`), changed);
    await expect(ask(newStore())).rejects.toMatchObject({ code: 'artifact-corrupt' });
  });

  it('says that it cannot know when the edge does not answer', async () => {
    const store = newStore();
    await expect(ask(store)).rejects.toMatchObject(refused);
    source.failures = Infinity;
    await expect(ask(newStore())).rejects.toMatchObject({ code: 'artifact-unavailable' });
  });
});

describe('an origin that does not', () => {
  it('asks for no signatures under off, and keeps none', async () => {
    sign();
    await ask(newStore('off', ''));
    expect(source.asked).toEqual([version.digest]);
    expect(await readdir(cacheDir)).toEqual(['manifests']);
  });

  it('logs once under warn what it would refuse, and runs it', async () => {
    const store = newStore('warn');
    await ask(store);
    await expect.poll(() => lines).toHaveLength(1);
    await ask(store);
    expect(lines).toEqual([
      { event: 'signature-warning', digest: version.digest, reason: 'unsigned', text: expect.stringMatching('brink sign') as string }, // prettier-ignore
    ]);
  });
});

describe('the edge as a source of signatures', () => {
  const answering = (answer: Response): EdgeSource =>
    new EdgeSource({ edgeUrl: 'http://edge.test', token: 'tok', fetch: () => Promise.resolve(answer) });
  const { signal } = new AbortController();

  it('has none where it says so, and none that is huge', async () => {
    expect(await answering(new Response('{}')).signatures('ab', signal)).toBe('{}');
    expect(await answering(new Response('', { status: 404 })).signatures('ab', signal)).toBeUndefined();
    for (const headers of [undefined, { 'content-length': '1000000' }]) {
      const huge = answering(new Response('x'.repeat(1_000_000), headers === undefined ? {} : { headers }));
      await expect(huge.signatures('ab', signal)).rejects.toMatchObject({ code: 'artifact-unavailable' });
    }
    const failing = answering(new Response('', { status: 500 }));
    await expect(failing.signatures('ab', signal)).rejects.toMatchObject({ code: 'artifact-unavailable' });
  });
});
