import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Response } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobKey } from '../../edge/artifact-keys.js';
import { blobCacheUrl } from '../../edge/host/artifact-store.js';
import { sha256Hex } from '../../shared/manifest/digest.js';
import { bundleWorker } from '../harness/edge.js';
import { doubleModel } from '../harness/onnx.js';
import { ask, originKey, type Reply, Stack } from '../harness/stack.js';

const patience = { timeout: 30_000, interval: 100 };
const faults = [
  ['truncated', (bytes: Uint8Array) => bytes.slice(0, -1)],
  ['emptied', () => new Uint8Array()],
  ['made longer', (bytes: Uint8Array) => Uint8Array.of(...bytes, 0)],
  ['flipped in one bit', (bytes: Uint8Array) => bytes.with(20, (bytes[20] ?? 0) ^ 1)],
] as const;

let factor = 1;
/** A model that no test before has loaded, and its answer to ones. */
const fresh = () => ({
  name: `m${(factor += 1)}`,
  model: doubleModel(factor),
  answer: [factor, factor, factor, factor],
});

const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 1, 1, 1] }] });

function infer(stack: Stack, name: string, serveOn?: 'edge' | 'origin'): Promise<Reply> {
  return ask(`${stack.edge.url}/v2/models/${name}/infer`, {
    body,
    headers: { 'content-type': 'application/json' },
    ...(serveOn === undefined ? {} : { serveOn }),
  });
}
/** The origin itself is asked: the edge says of it only that it failed. */
const inferThere = (stack: Stack, name: string): Promise<Reply> =>
  ask(`${stack.originUrl}/v2/models/${name}/infer`, {
    body,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${originKey}` },
  });
const dataOf = (reply: Reply): unknown => (reply.json()['outputs'] as { data: unknown }[])[0]?.data;
const bucketOf = async (stack: Stack) => (await stack.edge.miniflare.getR2Bucket('BLOBS')) as unknown as R2Bucket;

describe.each(faults)('a blob that is %s', (_, damage) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start();
  });
  afterAll(() => stack.dispose());

  it('in R2 is served by neither tier, which say so, and is mended by storing it again', async () => {
    const { name, model, answer } = fresh();
    const sha256 = await sha256Hex(model.bytes);
    await stack.publishTest(name, model, 'v1');
    await (await bucketOf(stack)).put(blobKey(sha256), damage(model.bytes));
    await stack.admin.promote(name, 'v1', { why: 'test', bakeMs: 0 });
    const refused = await infer(stack, name, 'edge');
    expect([refused.status, refused.json()['error']]).toEqual([503, expect.stringMatching(/artifact-corrupt/)]);
    await expect.poll(async () => (await inferThere(stack, name)).code, patience).toBe('artifact-corrupt');
    await stack.admin.putBlob(sha256, model.bytes);
    for (const tier of ['edge', 'origin'] as const) {
      await expect.poll(async () => (await infer(stack, name, tier)).status, patience).toBe(200);
      expect(dataOf(await infer(stack, name, tier))).toEqual(answer);
    }
  }, 60_000);

  it('in the Cache API is dropped, told of, and taken from R2', async () => {
    const { name, model, answer } = fresh();
    const sha256 = await sha256Hex(model.bytes);
    await stack.releaseTest(name, model);
    const caches = await stack.edge.miniflare.getCaches();
    const kept = new Response(damage(model.bytes), { headers: { 'cache-control': 'max-age=1000' } });
    await caches.default.put(blobCacheUrl(sha256), kept);
    const reply = await infer(stack, name, 'edge');
    expect([reply.status, dataOf(reply)]).toEqual([200, answer]);
    const told = (): boolean =>
      stack.edgeLines.some((line) => line.includes('"artifact-corrupt","tier":"cache"') && line.includes(sha256));
    await expect.poll(told, patience).toBe(true);
  });

  it("on the origin's disk is dropped, told of, and fetched again", async () => {
    const { name, model, answer } = fresh();
    const sha256 = await sha256Hex(model.bytes);
    await stack.releaseTest(name, model);
    expect(dataOf(await infer(stack, name, 'origin'))).toEqual(answer);
    await stack.killOrigin();
    const path = join(stack.originDir, 'blobs', 'sha256', sha256);
    await writeFile(path, damage(model.bytes));
    await stack.startOrigin();
    await expect.poll(async () => (await infer(stack, name, 'origin')).status, patience).toBe(200);
    expect(dataOf(await infer(stack, name, 'origin'))).toEqual(answer);
    expect(stack.originLines.join('\n')).toMatch(new RegExp(`corrupt-blob.*${sha256}.*"from":"disk"`));
    expect(await sha256Hex(new Uint8Array(await readFile(path)))).toBe(sha256);
    expect((await readdir(join(path, '..'))).filter((file) => file.endsWith('.part'))).toEqual([]);
  }, 60_000);
});

describe('an R2 that fails its first reads of blobs', () => {
  it('costs those loads alone: the edge says so, tries again, and answers', async () => {
    const bundle = await bundleWorker('test/harness/faulty-worker.ts');
    const stack = await Stack.start({ withoutOrigin: true, bundle, vars: { TEST_BLOB_READS_FAIL: '2' } });
    try {
      const { name, model, answer } = fresh();
      await stack.releaseTest(name, model);
      const refused = await infer(stack, name);
      expect([refused.status, refused.json()['error']]).toEqual([503, expect.stringMatching(/artifact-unavailable/)]);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      await expect.poll(async () => (await infer(stack, name)).status, patience).toBe(200);
      expect(dataOf(await infer(stack, name))).toEqual(answer);
      expect(stack.edgeLines.filter((line) => line.includes('version-load-failed'))).toHaveLength(2);
    } finally {
      await stack.dispose();
    }
  }, 60_000);
});
