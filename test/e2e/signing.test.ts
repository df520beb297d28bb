import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifestKey, signaturesKey } from '../../edge/artifact-keys.js';
import { canonicalJson } from '../../shared/manifest/canonical.js';
import { sha256Hex } from '../../shared/manifest/digest.js';
import type { Manifest } from '../../shared/manifest/manifest.js';
import type { SignatureFile } from '../../shared/signing/signature-file.js';
import { bundleWorker } from '../harness/edge.js';
import { doubleModel } from '../harness/onnx.js';
import { newSigningKey } from '../harness/signing-key.js';
import { adminToken, artifactToken, ask, type Reply, Stack } from '../harness/stack.js';

const key = newSigningKey();
const next = newSigningKey();
const stranger = newSigningKey();
const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });
const admin = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };

let stack: Stack;
let bucket: R2Bucket;
/** Signs as it is sure to be refused or not, past the routes: by hand, in R2. */
const store = (digest: string, file: unknown): Promise<unknown> =>
  bucket.put(signaturesKey(digest), typeof file === 'string' ? file : JSON.stringify(file));
const infer = (tier: 'edge' | 'origin', model = 'double', serveOn?: 'edge' | 'origin'): Promise<Reply> =>
  ask(`${stack.url(tier)}/v2/models/${model}/infer`, {
    body,
    headers: { 'content-type': 'application/json', ...(tier === 'origin' ? { authorization: `Bearer ${adminToken}` } : {}) }, // prettier-ignore
    ...(serveOn === undefined ? {} : { serveOn }),
  });
const putSignatures = (digest: string, file: unknown): Promise<Reply> =>
  ask(`${stack.edge.url}/admin/v1/signatures/${digest}`, { method: 'PUT', headers: admin, body: JSON.stringify(file) });

/** The vars of an edge that requires signatures by the keys in `entries`: with each, a new isolate. */
const requireAt = (entries: string): Promise<void> =>
  stack.edge.setVars({ SIGNATURE_POLICY: 'require', SIGNATURE_KEYS: entries });
async function bucketOf(of: Stack): Promise<R2Bucket> {
  return (await of.edge.miniflare.getR2Bucket('BLOBS')) as unknown as R2Bucket;
}

describe('with signatures required by both tiers', () => {
  let digest: string;
  beforeAll(async () => {
    stack = await Stack.start({
      originEnv: {
        ORIGIN_SIGNATURE_POLICY: 'require',
        ORIGIN_SIGNATURE_KEYS: `${key.entry('ci')},${next.entry('next')}`,
      },
    });
    bucket = await bucketOf(stack);
    digest = await stack.publishTest('double', doubleModel(), 'v1'); // before the edge requires anything
    await stack.admin.promote('double', 'v1', { why: 'test', bakeMs: 0 });
    await requireAt(key.entry('ci'));
    bucket = await bucketOf(stack);
  });
  afterAll(() => stack.dispose());

  it('an unsigned version is served by neither, and both say what to do', async () => {
    for (const tier of ['edge', 'origin'] as const) {
      // The origin hears of a release a moment after the edge.
      await expect.poll(async () => (await infer(tier)).code, { timeout: 20_000 }).toBe('signature-refused');
      const reply = await infer(tier);
      expect([tier, reply.status, reply.code]).toEqual([tier, 503, 'signature-refused']);
      expect(reply.json()['error']).toMatch(/it has no signature: sign it with brink sign/);
      const ready = await ask(`${stack.url(tier)}/v2/models/double/ready`, { headers: tier === 'origin' ? admin : {} });
      expect(ready.status).toBe(503);
    }
    // The index lists what a release pass has reached, which a request may be ahead of.
    const index = async (): Promise<unknown> =>
      (await ask(`${stack.originUrl}/v2/repository/index`, { headers: admin, body: '{}' })).json();
    await expect.poll(index, { timeout: 20_000 }).toEqual([
      expect.objectContaining({ name: 'double', state: 'UNAVAILABLE', reason: expect.stringContaining('signature-refused') as string }), // prettier-ignore
    ]);
  });

  it('it is served when it has been signed, without a deployment or a restart', async () => {
    expect((await putSignatures(digest, key.file(digest))).status).toBe(200);
    for (const serveOn of ['edge', 'origin'] as const) {
      await expect.poll(async () => (await infer('edge', 'double', serveOn)).status, { timeout: 20_000 }).toBe(200);
      expect((await infer('edge', 'double', serveOn)).servedBy).toBe(serveOn);
    }
    expect((await stack.admin.versions('double')).versions).toMatchObject([{ version: 'v1', signedBy: ['ci'] }]);
  });

  it('an unsigned version is not published, and a signed one is: signatures before it or with it', async () => {
    const refused = stack.publishTest('double', doubleModel(3), 'v2');
    await expect(refused).rejects.toMatchObject({ status: 422, code: 'unsigned-version' });
    const { versions } = await stack.admin.versions('double');
    expect(versions).toHaveLength(1);
    const manifest = JSON.parse(await (await bucket.get(manifestKey(digest)))!.text()) as Manifest;
    const other = { ...manifest, deadlineMs: 9_999 };
    const otherDigest = await sha256Hex(new TextEncoder().encode(canonicalJson(other)));
    const add = (signatures: readonly unknown[] | undefined): Promise<Reply> =>
      ask(`${stack.edge.url}/admin/v1/models/double/versions`, {
        headers: admin,
        body: JSON.stringify({ version: 'v2', manifest: other, why: 'test', signatures }),
      });
    expect((await add([stranger.sign(otherDigest)])).code).toBe('unsigned-version');
    expect((await add([key.sign(digest)])).code).toBe('unsigned-version'); // replayed
    expect((await add([key.sign(otherDigest)])).status).toBe(201);
    expect((await add(undefined)).status).toBe(200);
    expect((await stack.admin.promote('double', 'v2', { why: 'test', bakeMs: 0 })).release.stable?.version).toBe('v2');
    await stack.admin.promote('double', 'v1', { why: 'test', bakeMs: 0 });
  });

  it.each([
    ['malformed', '{"schema":1'],
    ['empty', ''],
    ['huge', JSON.stringify({ schema: 1, signatures: 'x'.repeat(3_000_000) })],
    ['signed by a stranger', () => stranger.file(digest)],
    ['of another version', () => key.file('a1'.repeat(32))],
    ['replayed', () => ({ ...key.file('a1'.repeat(32)), digest })],
  ])('a signature file that is %s lets nothing through at the edge, and can be mended', async (_, file) => {
    await store(digest, typeof file === 'function' ? file() : file);
    await requireAt(`${key.entry('ci')},${newSigningKey().entry('any')}`); // another isolate: it knows nothing
    bucket = await bucketOf(stack);
    expect((await infer('edge')).code).toBe('signature-refused');
    await expect(stack.admin.promote('double', 'v1', { why: 'test' })).rejects.toMatchObject({
      code: 'unsigned-version',
    });
    expect((await putSignatures(digest, key.file(digest))).status).toBe(200);
    await stack.admin.promote('double', 'v1', { why: 'test', bakeMs: 0 });
    expect((await infer('edge')).status).toBe(200); // promoting has looked anew
  });

  it('a key that has expired, or was removed, no longer counts, and one that both have signed lives on', async () => {
    await requireAt(key.entry('ci', '2020-01-01'));
    const expired = await infer('edge');
    expect([expired.code, expired.json()['error']]).toEqual([
      'signature-refused',
      expect.stringMatching(/expired: ci/),
    ]);
    await requireAt(`${key.entry('ci')},${next.entry('next')}`);
    expect((await putSignatures(digest, next.file(digest))).status).toBe(200);
    expect((await stack.admin.versions('double')).versions[0]?.signedBy.toSorted()).toEqual(['ci', 'next']);
    await requireAt(next.entry('next'));
    expect((await infer('edge')).status).toBe(200);
    await requireAt(stranger.entry('stranger'));
    expect((await infer('edge')).json()['error']).toMatch(/no accepted key/);
    await requireAt(key.entry('ci'));
    bucket = await bucketOf(stack);
  });

  it('a manifest that was changed after it was signed is refused by both tiers', async () => {
    const good = await (await bucket.get(manifestKey(digest)))!.text();
    await bucket.put(manifestKey(digest), good.replace('"deadlineMs":10000', '"deadlineMs":20000'));
    await requireAt(`${key.entry('ci')},${stranger.entry('s')}`);
    bucket = await bucketOf(stack);
    await stack.killOrigin();
    await rm(join(stack.originDir, 'manifests'), { recursive: true, force: true });
    await stack.startOrigin();
    expect((await infer('edge')).code).toBe('artifact-corrupt');
    expect((await infer('origin')).code).toBe('artifact-corrupt');
    await bucket.put(manifestKey(digest), good);
    await expect.poll(async () => (await infer('origin')).status, { timeout: 20_000 }).toBe(200);
  });

  it('files that no manifest names are reached by nobody', async () => {
    const stray = doubleModel(7).bytes;
    const sha256 = await sha256Hex(stray);
    await bucket.put(`blobs/sha256/${sha256}`, stray);
    await stack.killOrigin();
    const laid = join(stack.originDir, 'graphs', digest, 'main');
    await mkdir(laid, { recursive: true });
    await writeFile(join(laid, 'model.onnx.data'), 'stray');
    await writeFile(join(stack.originDir, 'blobs', 'sha256', sha256), stray);
    await stack.startOrigin();
    await expect.poll(async () => (await infer('origin')).status, { timeout: 20_000 }).toBe(200);
    const [output] = (await infer('origin')).json()['outputs'] as { data: number[] }[];
    expect(output?.data).toEqual([2, 4, 6, 8]);
    expect(await readdir(laid)).toEqual(['model.onnx']); // laid out anew, from what the manifest names alone
    for (const path of [`versions/${sha256}/infer`, `versions/${sha256.slice(0, 60)}/infer`]) {
      expect((await ask(`${stack.edge.url}/v2/models/double/${path}`, { body })).status).toBe(404);
    }
  });

  it('the routes of signatures check what they are given', async () => {
    const of = (file: unknown): Promise<string | undefined> => putSignatures(digest, file).then(({ code }) => code);
    expect(await of(key.file('a1'.repeat(32)))).toBe('digest-mismatch');
    expect(await of({ ...key.file(digest), signatures: [{ ...key.sign(digest), key: 'x' }] })).toBe('invalid-request');
    expect(await of({ ...key.file(digest), more: 'x'.repeat(20_000) })).toBe('body-too-large');
    expect(await of({ ...key.file('a1'.repeat(32)), digest })).toBe('unsigned-version'); // an accepted key's, and wrong
    const path = `/artifacts/v1/signatures/${digest}`;
    expect((await ask(`${stack.edge.url}${path}`)).status).toBe(401);
    const reply = await ask(`${stack.edge.url}${path}`, { headers: { authorization: `Bearer ${artifactToken}` } });
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect((reply.json() as unknown as SignatureFile).signatures).toContainEqual(key.sign(digest));
    expect((await ask(`${stack.edge.url}/admin/v1/signatures/nothing`, { headers: admin })).code).toBe('bad-name');
    expect((await ask(`${stack.edge.url}/admin/v1/signatures/${'0'.repeat(64)}`, { headers: admin })).code).toBe('unknown-blob'); // prettier-ignore
  });

  it('who signs at the same time loses nothing', async () => {
    const many = Array.from({ length: 4 }, () => newSigningKey());
    const of = 'd4'.repeat(32);
    const replies = await Promise.all(many.map((one) => putSignatures(of, one.file(of))));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const stored = await ask(`${stack.edge.url}/admin/v1/signatures/${of}`, { headers: admin });
    const { signatures } = stored.json() as unknown as SignatureFile;
    expect(signatures.map((one) => one.key)).toEqual(many.map(({ id }) => id).sort());
  });
});

describe('with signatures not required', () => {
  let edge: Stack;
  beforeAll(async () => {
    edge = await Stack.start({ bundle: await bundleWorker('test/harness/r2-reads-worker.ts'), withoutOrigin: true });
    stack = edge;
  });
  afterAll(() => edge.dispose());

  const reads = async (): Promise<string[]> => {
    const response = await fetch(`${edge.edge.url}/r2-reads`);
    return response.json<string[]>();
  };
  const ofSignatures = async (): Promise<string[]> => (await reads()).filter((one) => one.startsWith('signatures/'));

  it('off reads no signature, neither to publish, list and promote nor to serve', async () => {
    await edge.releaseTest('double', doubleModel());
    await edge.admin.versions('double');
    expect((await infer('edge')).status).toBe(200);
    const all = await reads();
    expect(all.filter((one) => one.startsWith('manifests/')).length).toBeGreaterThan(0); // it does count
    expect(all.filter((one) => one.startsWith('signatures/'))).toEqual([]);
  });

  it('warn serves all the same, and logs one event for each digest', async () => {
    await edge.edge.setVars({ SIGNATURE_POLICY: 'warn', SIGNATURE_KEYS: key.entry('ci') });
    for (let count = 0; count < 5; count += 1) expect((await infer('edge')).status).toBe(200);
    const warnings = (): string[] => edge.edgeLines.filter((line) => line.includes('signature-warning'));
    await expect.poll(warnings).toHaveLength(1);
    expect(JSON.parse(warnings()[0] ?? '')).toMatchObject({ event: 'signature-warning', reason: 'unsigned' });
    expect((await infer('edge')).status).toBe(200);
    expect(warnings()).toHaveLength(1);
  });

  it('require reads the signatures of a signed version once', async () => {
    const digest = (await edge.admin.versions('double')).versions[0]?.digest ?? '';
    await putSignatures(digest, key.file(digest));
    await edge.edge.setVars({ SIGNATURE_POLICY: 'require' });
    for (let count = 0; count < 5; count += 1) expect((await infer('edge')).status).toBe(200);
    expect(await ofSignatures()).toEqual([signaturesKey(digest)]);
  });
});
