import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobKey } from '../../edge/artifact-keys.js';
import { sha256Hex } from '../../shared/manifest/digest.js';
import { doubleModel } from '../harness/onnx.js';
import { adminToken, ask, type Reply, Stack } from '../harness/stack.js';

const model = doubleModel();
const patience = { timeout: 30_000, interval: 100 };
let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ withoutOrigin: true });
});
afterAll(() => stack.dispose());

const infer = (): Promise<Reply> =>
  ask(`${stack.edge.url}/v2/models/double/infer`, {
    body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] }),
    headers: { 'content-type': 'application/json' },
  });

describe('a blob that is damaged in the store', () => {
  it('is never served, and is mended by storing it again', async () => {
    const sha256 = await sha256Hex(model.bytes);
    const digest = await stack.releaseTest('double', model);
    const bucket = (await stack.edge.miniflare.getR2Bucket('BLOBS')) as unknown as R2Bucket;
    const damaged = model.bytes.slice();
    damaged[20] = (damaged[20] ?? 0) ^ 0xff;
    await bucket.put(blobKey(sha256), damaged);

    const refused = await infer();
    expect([refused.status, refused.code]).toEqual([503, 'no-tier-available']);
    expect(refused.json()['error']).toMatch(/edge \(artifact-corrupt\)/);

    await stack.admin.putBlob(sha256, model.bytes);
    await expect.poll(async () => (await infer()).status, patience).toBe(200);
    const mended = await infer();
    expect([mended.servedBy, mended.digest]).toEqual(['edge', digest]);
  });
});

describe('the admin plane', () => {
  const post = (body: string): Promise<Reply> =>
    ask(`${stack.edge.url}/admin/v1/models/double/versions`, {
      body,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    });

  it('refuses a manifest that is nested too deep, or names a graph that only every object has', async () => {
    const deep = await post(`{"version":"v9","why":"x","manifest":${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
    expect([deep.status, deep.code]).toEqual([400, 'json-too-deep']);
    for (const inferGraph of ['constructor', 'toString']) {
      const published = stack.publishTest('double', model, 'v9', { inferGraph });
      await expect(published).rejects.toMatchObject({ code: 'invalid-manifest', status: 422 });
    }
  });
});
