import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doubleModel } from '../harness/onnx.js';
import { ask, originKey, Stack } from '../harness/stack.js';

// The origin looks every two seconds what is released.
const patience = { timeout: 20_000 };
let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start();
  await stack.releaseTest('double', doubleModel());
});
afterAll(() => stack.dispose());

describe.each(['edge', 'origin'] as const)('the API description of the %s', (tier) => {
  it('names routes that exist, each with its body and its answer', async () => {
    const document = (await ask(`${stack.url(tier)}/openapi.json`)).json();
    expect(document['openapi']).toBe('3.1.0');
    const paths = document['paths'] as Record<string, Record<string, unknown>>;
    expect(Object.keys(paths)).toHaveLength(20);
    const headers = { authorization: `Bearer ${originKey}` };
    for (const [path, methods] of Object.entries(paths)) {
      const url = stack.url(tier) + path.replace('{model}', 'double').replace('{version}', 'v1');
      for (const method of Object.keys(methods)) {
        const reply = await ask(url, {
          method: method.toUpperCase(),
          headers,
          ...(method === 'post' ? { body: '{}' } : {}),
        });
        expect([method, path, reply.code]).not.toContain('unknown-route');
        expect([method, path, reply.status]).not.toContain(405);
      }
    }
  });

  it('refers only to schemas that it has', async () => {
    const text = new TextDecoder().decode((await ask(`${stack.url(tier)}/openapi.json`)).bytes);
    const { components } = JSON.parse(text) as { components: { schemas: Record<string, unknown> } };
    const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
    expect(refs.length).toBeGreaterThan(5);
    for (const ref of refs) expect(Object.keys(components.schemas)).toContain(ref.replace('#/components/schemas/', ''));
  });

  it('describes server and model as the protocol says', async () => {
    const headers = { authorization: `Bearer ${originKey}` };
    const server = (await ask(`${stack.url(tier)}/v2`, { headers })).json();
    expect(server).toMatchObject({ name: 'brink' });
    expect(server['extensions']).toEqual(
      expect.arrayContaining(['binary_tensor_data', 'classification', 'parameters']),
    );
    const model = (await ask(`${stack.url(tier)}/v2/models/double`, { headers })).json();
    expect(model).toEqual({
      name: 'double',
      versions: ['v1'],
      platform: 'onnx_onnxv1',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 4] }],
    });
    await expect
      .poll(
        async () => (await ask(`${stack.url(tier)}/v2/models/double/versions/v1/ready`, { headers })).status,
        patience,
      )
      .toBe(200);
    expect((await ask(`${stack.url(tier)}/v2/health/live`)).json()).toEqual({ live: true });
    await expect.poll(async () => (await ask(`${stack.url(tier)}/v2/health/ready`)).status, patience).toBe(200);
  });
});
