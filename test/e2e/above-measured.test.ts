import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../shared/manifest/digest.js';
import type { Manifest } from '../../shared/manifest/manifest.js';
import { doubleModel } from '../harness/onnx.js';
import { ask, type Reply, Stack } from '../harness/stack.js';

const patience = { timeout: 30_000, interval: 100 };
let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start();
});
afterAll(() => stack.dispose());

/** A model that was measured with at most 8 elements at the edge. */
async function release(name: string, placement: Manifest['placement']): Promise<void> {
  const { bytes, signature } = doubleModel();
  const model = { sha256: await sha256Hex(bytes), bytes: bytes.byteLength };
  const graphs = { main: { model, externalData: {}, signature, edgeElementsMax: 8 } };
  await stack.releaseTest(name, doubleModel(), 'v1', { placement, graphs });
}

const infer = (model: string, rows: number, serveOn?: 'edge'): Promise<Reply> =>
  ask(`${stack.edge.url}/v2/models/${model}/infer`, {
    body: JSON.stringify({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 4], data: Array.from({ length: rows * 4 }, () => 1) }],
    }),
    headers: { 'content-type': 'application/json' },
    ...(serveOn === undefined ? {} : { serveOn }),
  });

describe('a request above what was measured to fit at the edge', () => {
  it('goes to the origin, and those that fit stay at the edge', async () => {
    await release('both', { tiers: ['edge', 'origin'] });
    await expect.poll(async () => (await infer('both', 2)).servedBy, patience).toBe('edge');
    const large = await infer('both', 3);
    expect([large.status, large.servedBy]).toEqual([200, 'origin']);
    const [output] = large.json()['outputs'] as { data: number[] }[];
    expect(output?.data).toEqual(Array.from({ length: 12 }, () => 2));
  });

  it('is tried at the edge where the version is placed there alone, or an operator says so', async () => {
    await release('alone', { tiers: ['edge'] });
    await expect.poll(async () => (await infer('alone', 3)).servedBy, patience).toBe('edge');
    expect((await infer('both', 3, 'edge')).servedBy).toBe('edge');
  });

  it('is tried at the edge while the origin is away', async () => {
    await stack.killOrigin();
    const answered = async (): Promise<unknown> => {
      const { status, servedBy } = await infer('both', 3);
      return [status, servedBy];
    };
    await expect.poll(answered, patience).toEqual([200, 'edge']);
  });
});
