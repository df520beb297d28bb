import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Golden } from '../../shared/golden/golden.js';
import { sha256Hex } from '../../shared/manifest/digest.js';
import type { BlobRef, Manifest } from '../../shared/manifest/manifest.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { CarelessOrigin } from '../harness/careless-origin.js';
import { doubleModel, type TestModel } from '../harness/onnx.js';
import { ask, type Ask, originKey, type Reply, Stack } from '../harness/stack.js';
import { withGoldens } from '../harness/with-golden.js';

const row = (name: string, ...values: number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape: [1, 4],
  data: Float32Array.from(values),
});
/** What `doubleModel()` answers. */
const golden: Golden = { inputs: [row('x', 1, 2, 3, 4)], outputs: [row('y', 2, 4, 6, 8)] };
const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [5, 6, 7, 8] }] });

/** The graphs of a version of this model, with the golden of `doubleModel()`, whatever it answers itself. */
async function graphsOf(stack: Stack, model: TestModel): Promise<Manifest['graphs']> {
  const put = async (bytes: Uint8Array): Promise<BlobRef> => {
    const sha256 = await sha256Hex(bytes);
    await stack.admin.putBlob(sha256, bytes);
    return { sha256, bytes: bytes.length };
  };
  const main = { model: await put(model.bytes), externalData: {}, signature: model.signature };
  return withGoldens({ main }, 'main', [golden], put);
}

describe('a version whose weights are others than those that its golden is of', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start();
    await stack.releaseTest('double', doubleModel(), 'v1', { graphs: await graphsOf(stack, doubleModel()) });
    const faulty = doubleModel(2.5); // each digest is right: nothing but its answers tells
    await stack.publishTest('double', faulty, 'v2', { graphs: await graphsOf(stack, faulty) });
    await stack.admin.promote('double', 'v2', { why: 'test' });
  });
  afterAll(() => stack.dispose());

  const infer = (version: string, more: Ask = {}): Promise<Reply> =>
    ask(`${stack.edge.url}/v2/models/double/versions/${version}/infer`, {
      body,
      headers: { 'content-type': 'application/json' },
      ...more,
    });
  const atOrigin = (path: string, more: Ask = {}): Promise<Reply> =>
    ask(`${stack.originUrl}/v2/models/double/versions/${path}`, {
      headers: { 'content-type': 'application/json', authorization: `Bearer ${originKey}` },
      ...more,
    });

  it('is served by neither tier, and the one before it goes on', async () => {
    for (const tier of ['edge', 'origin'] as const) {
      const refused = await infer('v2', { serveOn: tier });
      expect([refused.status, refused.code]).toEqual([503, 'no-tier-available']);
      expect(refused.json()['error']).toContain(`${tier} (${tier === 'edge' ? 'golden-failed' : 'origin-failed'})`);
      const answer = await infer('v1', { serveOn: tier });
      expect([answer.status, answer.servedBy, answer.version]).toEqual([200, tier, 'v1']);
      expect(answer.json()['outputs']).toMatchObject([{ name: 'y', data: [10, 12, 14, 16] }]);
    }
    expect(stack.edgeLines.filter((line) => line.includes('"event":"golden-failed"'))).toHaveLength(1);
    expect(stack.originLines.filter((line) => line.includes('"event":"golden-failed"'))).toHaveLength(1);
  });

  it('is not ready at the origin, which says why, while the one before it is', async () => {
    const refused = await atOrigin('v2/infer', { body });
    expect([refused.status, refused.code]).toEqual([503, 'golden-failed']);
    expect(refused.json()['error']).toMatch(/elements within .*, got 2.5 for 2 at 0/);
    expect((await atOrigin('v1/infer', { body })).status).toBe(200);
    expect([(await atOrigin('v1/ready')).status, (await atOrigin('v2/ready')).status]).toEqual([200, 503]);
  });
});

describe('an edge whose version fails its golden', () => {
  it('leaves the answer to the origin', async () => {
    const origin = await CarelessOrigin.start(() => 0); // it runs nothing: whatever it is asked for is well there
    const stack = await Stack.start({ withoutOrigin: true, vars: { ORIGIN_URL: origin.url } });
    try {
      const faulty = doubleModel(2.5);
      await stack.releaseTest('double', faulty, 'v1', { graphs: await graphsOf(stack, faulty) });
      const infer = (more: Ask = {}): Promise<Reply> =>
        ask(`${stack.edge.url}/v2/models/double/infer`, {
          body,
          headers: { 'content-type': 'application/json' },
          ...more,
        });
      expect((await infer({ serveOn: 'edge' })).json()['error']).toContain('edge (golden-failed)');
      for (let call = 0; call < 3; call++) {
        const answer = await infer();
        expect([answer.status, answer.servedBy]).toEqual([200, 'origin']);
      }
    } finally {
      await stack.dispose();
      await origin.close();
    }
  });
});
