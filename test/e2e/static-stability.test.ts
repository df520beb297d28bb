import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doubleModel } from '../harness/onnx.js';
import { sabotagedWorker } from '../harness/sabotage.js';
import { ask, type Reply, Stack } from '../harness/stack.js';

const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });
const patience = { timeout: 20_000, interval: 100 };
let bundle: string;
let stack: Stack;

// A switch in R2 that cuts the isolate off from its control plane; all else is the Worker as it is.
beforeAll(async () => {
  bundle = await sabotagedWorker({
    file: 'edge/gateway/lease-sources.ts',
    find: 'async ask(model, signal): Promise<LeaseGrant> {',
    replace:
      "async ask(model, signal): Promise<LeaseGrant> { if ((await env.BLOBS.head('test/cut-off')) !== null) throw new Error('cut off');",
  });
  stack = await Stack.start({ withoutOrigin: true, bundle });
});
afterAll(async () => {
  await stack.dispose();
  await rm(bundle, { recursive: true, force: true });
});

async function cutOff(isCutOff: boolean): Promise<void> {
  const bucket = (await stack.edge.miniflare.getR2Bucket('BLOBS')) as unknown as R2Bucket;
  if (isCutOff) await bucket.put('test/cut-off', '1');
  else await bucket.delete('test/cut-off');
}

const infer = (version = ''): Promise<Reply> =>
  ask(`${stack.edge.url}/v2/models/double${version}/infer`, { body, headers: { 'content-type': 'application/json' } });
const seen = async (): Promise<[number, string | null]> => {
  const { status, version } = await infer();
  return [status, version];
};

describe('an edge that cannot ask its control plane', () => {
  it('goes on with the last version that has baked, and with nothing newer, until it can ask again', async () => {
    const first = await stack.releaseTest('double', doubleModel(2), 'v1');
    const second = await stack.publishTest('double', doubleModel(3), 'v2');
    await stack.admin.promote('double', 'v2', { why: 'test', bakeMs: 600_000 });
    await expect.poll(seen, patience).toEqual([200, 'v2']);

    await cutOff(true);
    await expect.poll(seen, patience).toEqual([200, 'v1']);
    const replies = await Promise.all(Array.from({ length: 20 }, () => infer()));
    for (const reply of replies) expect([reply.status, reply.digest, reply.servedBy]).toEqual([200, first, 'edge']);
    const explicit = await infer('/versions/v2');
    expect([explicit.status, explicit.code]).toEqual([503, 'control-unreachable']);

    await cutOff(false);
    await expect.poll(seen, patience).toEqual([200, 'v2']);
    expect((await infer()).digest).toBe(second);
  });

  it('starts from the release as it was last written down, when it knows nothing', async () => {
    await cutOff(true);
    await stack.edge.setVars({ CORS_ORIGINS: '' }); // a new isolate
    await expect.poll(seen, patience).toEqual([200, 'v1']);
    const unknown = await ask(`${stack.edge.url}/v2/models/never-seen`, {});
    expect([unknown.status, unknown.code]).toEqual([503, 'control-unreachable']);
    await cutOff(false);
    await expect.poll(seen, patience).toEqual([200, 'v2']);
  });
});
