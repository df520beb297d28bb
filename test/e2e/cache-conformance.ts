import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobKey } from '../../edge/artifact-keys.js';
import { sha256Hex } from '../../shared/manifest/digest.js';
import { encodeWav, twoWords } from '../render/speech.js';
import { bundleWorker } from '../harness/edge.js';
import { doubleModel, externalDoubleModel } from '../harness/onnx.js';
import { adminToken, ask, type Reply, Stack } from '../harness/stack.js';

const patience = { timeout: 60_000, interval: 100 };

/** What an edge does, whatever its data centre's cache does: nothing may need the Cache API for correctness. */
export function cacheConformance(name: string, kind: string | undefined): void {
  describe(`an edge with ${name}`, () => {
    let stack: Stack;
    beforeAll(async () => {
      const bundle = await bundleWorker('test/harness/faulty-worker.ts');
      stack = await Stack.start({ withoutOrigin: true, bundle, vars: kind === undefined ? {} : { TEST_CACHE: kind } });
    }, 60_000);
    afterAll(() => stack.dispose());

    const infer = (model: string, version = ''): Promise<Reply> =>
      ask(`${stack.edge.url}/v2/models/${model}${version}/infer`, {
        body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] }),
        headers: { 'content-type': 'application/json' },
      });
    const dataOf = (reply: Reply): unknown => (reply.json()['outputs'] as { data: unknown }[])[0]?.data;
    const again = (): Promise<void> => stack.edge.setVars({ CORS_ORIGINS: '' }); // a new isolate

    const bucket = async (): Promise<R2Bucket> =>
      (await stack.edge.miniflare.getR2Bucket('BLOBS')) as unknown as R2Bucket;

    it('loads a model and answers, and does so again in a new isolate', async () => {
      const digest = await stack.releaseTest('double', externalDoubleModel('weights.bin', 3));
      for (const isNew of [false, true]) {
        if (isNew) await again();
        const reply = await infer('double');
        expect([reply.status, reply.servedBy, reply.digest]).toEqual([200, 'edge', digest]);
        expect(dataOf(reply)).toEqual([3, 6, 9, 12]);
      }
    }, 60_000);

    it('answers through a handler', async () => {
      await stack.release('models/vad');
      const { status, json } = await ask(`${stack.edge.url}/v1/models/vad/predict`, {
        body: encodeWav(twoWords(7).samples),
        headers: { 'content-type': 'audio/wav' },
      });
      expect([status, (json()['segments'] as unknown[]).length]).toEqual([200, 2]);
    }, 60_000);

    it('follows the release within its lease', async () => {
      await stack.releaseTest('followed', doubleModel(2), 'v1');
      expect(dataOf(await infer('followed'))).toEqual([2, 4, 6, 8]);
      await stack.publishTest('followed', doubleModel(5), 'v2');
      await stack.admin.promote('followed', 'v2', { why: 'test', bakeMs: 0 });
      await expect.poll(async () => (await infer('followed')).version, patience).toBe('v2');
      await stack.admin.rollback('followed', { why: 'test', to: 'v1' });
      expect((await infer('followed')).version).toBe('v1'); // at once: that is what a fence promises
      expect((await infer('followed', '/versions/v2')).code).toBe('version-fenced');
    }, 60_000);

    it('goes on with what has baked while its control plane is out of reach', async () => {
      await stack.releaseTest('baked', doubleModel(2), 'v1');
      await stack.publishTest('baked', doubleModel(3), 'v2');
      await stack.admin.promote('baked', 'v2', { why: 'test', bakeMs: 600_000 });
      await expect.poll(async () => (await infer('baked')).version, patience).toBe('v2');
      await (await bucket()).put('test/cut-off', '1');
      await expect.poll(async () => (await infer('baked')).version, patience).toBe('v1');
      await again();
      await expect.poll(async () => (await infer('baked')).version, patience).toBe('v1'); // as R2 has it
      await (await bucket()).delete('test/cut-off');
      await expect.poll(async () => (await infer('baked')).version, patience).toBe('v2');
    }, 60_000);

    it('never serves what the store has damaged, and says so', async () => {
      const model = doubleModel(7);
      await stack.releaseTest('damaged', model);
      const sha256 = await sha256Hex(model.bytes);
      await (await bucket()).put(blobKey(sha256), model.bytes.slice(1));
      const refused = await infer('damaged');
      expect([refused.status, refused.json()['error']]).toEqual([503, expect.stringMatching(/artifact-corrupt/)]);
      await stack.admin.putBlob(sha256, model.bytes);
      await expect.poll(async () => (await infer('damaged')).status, patience).toBe(200);
    }, 60_000);

    it('says what its reads of artifacts came to', async () => {
      const { artifacts, versions, heapBytes } = (
        await ask(`${stack.edge.url}/admin/v1/isolate`, { headers: { authorization: `Bearer ${adminToken}` } })
      ).json() as { artifacts: Record<string, Record<string, { reads: number }>>; versions: object; heapBytes: number };
      expect(Object.values(versions)).toContain('ready');
      expect(heapBytes).toBeGreaterThan(0);
      const seen = { forgets: 'miss', lies: 'corrupt', hangs: 'failed', throws: 'failed' }[kind ?? ''] ?? 'hit';
      expect(artifacts['cache']?.[seen]?.reads).toBeGreaterThan(0);
      expect(artifacts['r2']?.['hit']?.reads).toBeGreaterThan(0);
    });
  });
}
