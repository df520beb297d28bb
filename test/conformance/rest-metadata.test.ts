import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../harness/infer-requests.js';
import { doubleModel, echoModel } from '../harness/onnx.js';
import { expectRefusal } from '../harness/refusals.js';
import type { Stack } from '../harness/stack.js';
import { conformanceStack, RestClient, tiers } from './rest-client.js';

// The origin looks every two seconds what is released.
const patience = { timeout: 20_000 };
let stack: Stack;

beforeAll(async () => {
  stack = await conformanceStack();
  await stack.releaseTest('double', doubleModel());
  await stack.releaseTest('echo', echoModel());
});
afterAll(() => stack.dispose());

describe.each(tiers)('V2 REST at the %s: what there is', (tier) => {
  let client: RestClient;
  beforeAll(() => {
    client = new RestClient(stack, tier);
  });
  afterAll(() => client.close());

  it('says that it lives and when it is ready', async () => {
    expect((await client.get('/v2/health/live')).json()).toEqual({ live: true });
    await expect.poll(async () => (await client.get('/v2/health/ready')).status, patience).toBe(200);
    expect((await client.get('/v2/health/ready')).json()).toEqual({ ready: true });
  });

  it('names itself and the extensions that it has', async () => {
    const { name, version, extensions } = (await client.get('/v2')).json();
    expect([name, version]).toEqual(['brink', expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
    const everywhere = ['binary_tensor_data', 'classification', 'model_configuration', 'parameters'];
    const origins = tier === 'origin' ? ['model_repository', 'schedule_policy', 'statistics'] : [];
    expect([...(extensions as string[])].sort()).toEqual([...everywhere, ...origins].sort());
  });

  it.each(['/v2/models/double', '/v2/models/double/versions/v1'])('%s describes the model', async (path) => {
    const reply = await client.get(path);
    expect(reply.json()).toEqual({
      name: 'double',
      versions: ['v1'],
      platform: 'onnx_onnxv1',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 4] }],
    });
    expect([reply.headers['x-brink-model'], reply.headers['x-brink-version']]).toEqual(['double', 'v1']);
    await expect.poll(async () => (await client.get(`${path}/ready`)).status, patience).toBe(200);
    expect((await client.get(`${path}/ready`)).json()).toEqual({ name: 'double', ready: true });
  });

  it.each(['/v2/models/double/config', '/v2/models/double/versions/v1/config'])(
    '%s is its configuration',
    async (path) => {
      expect((await client.get(path)).json()).toMatchObject({
        name: 'double',
        platform: 'onnxruntime_onnx',
        backend: 'onnxruntime',
        max_batch_size: 64,
        input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [4] }],
        output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [4] }],
      });
    },
  );

  it('gives every datatype its name in the configuration', async () => {
    const { input, max_batch_size } = (await client.get('/v2/models/echo/config')).json();
    const types = (input as { data_type: string; dims: number[] }[]).map(({ data_type, dims }) => [data_type, ...dims]);
    expect(max_batch_size).toBe(0); // vectors of any length are no batches
    expect(types).toEqual(
      ['BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64', 'FP16', 'FP32', 'FP64', 'STRING'].map((type) => [`TYPE_${type}`, -1]), // prettier-ignore
    );
  });

  it.each([
    ['/v2/models/nothing', 'unknown-model'],
    ['/v2/models/nothing/config', 'unknown-model'],
    ['/v2/models/nothing/ready', 'unknown-model'],
    ['/v2/models/double/versions/v9', 'unknown-version'],
    ['/v2/models/double/versions/v9/config', 'unknown-version'],
    ['/v2/models/double/else', 'unknown-route'],
    ['/v2/models', 'unknown-route'],
  ] as const)('%s is 404 %s', async (path, code) => {
    expectRefusal(await client.get(path), code, /./);
  });

  it.each([
    ['POST', '/v2', 'GET'],
    ['POST', '/v2/health/live', 'GET'],
    ['POST', '/v2/models/double', 'GET'],
    ['POST', '/v2/models/double/config', 'GET'],
    ['POST', '/v2/models/stats', 'GET'],
    ['DELETE', '/v2/models/double/versions/v1/stats', 'GET'],
    ['GET', '/v2/models/double/infer', 'POST'],
    ['PUT', '/v2/models/double/versions/v1/infer', 'POST'],
    ['GET', '/v1/models/double/predict', 'POST'],
    ['GET', '/v2/repository/index', 'POST'],
    ['GET', '/v2/repository/models/double/load', 'POST'],
  ])('%s %s is 405, and says what is allowed', async (method, path, allowed) => {
    const reply = await client.send({ method, path });
    expect(reply.headers.allow).toBe(allowed);
    expectRefusal(reply, 'method-not-allowed', new RegExp(`expected ${allowed} on this path`));
  });
});

const statsPaths = ['/v2/models/stats', '/v2/models/double/stats', '/v2/models/double/versions/v1/stats'];

describe('V2 REST at the edge: what only an origin keeps', () => {
  it.each([
    ...statsPaths.map((path) => ['GET', path]),
    ['POST', '/v2/repository/index'],
    ['POST', '/v2/repository/models/double/load'],
    ['POST', '/v2/repository/models/double/unload'],
  ] as [string, string][])('%s %s is not supported, and says where it is', async (method, path) => {
    const client = new RestClient(stack, 'edge');
    expectRefusal(await client.send({ method, path }), 'not-supported', /got the edge: ask an origin/);
    client.close();
  });
});

describe('V2 REST at the origin: what it keeps', () => {
  let client: RestClient;
  beforeAll(() => {
    client = new RestClient(stack, 'origin');
  });
  afterAll(() => client.close());

  it('counts items and runs in the statistics, of a version, of a model and of all', async () => {
    const input = { name: 'x', datatype: 'FP32', shape: [3, 4], data: Array(12).fill(1) };
    expect((await client.send(json({ inputs: [input] }))).status).toBe(200);
    for (const path of statsPaths) {
      const { model_stats } = (await client.get(path)).json() as { model_stats: Record<string, unknown>[] };
      const own = model_stats.filter(({ name }) => name === 'double');
      expect(own).toMatchObject([
        {
          version: 'v1',
          inference_count: 3,
          execution_count: 1,
          inference_stats: { success: { count: 1 }, fail: { count: 0 }, cache_hit: { count: 0 } },
          batch_stats: [{ batch_size: 3, compute_infer: { count: 1 } }],
        },
      ]);
    }
  });

  it('refuses statistics of what there is not', async () => {
    expectRefusal(await client.get('/v2/models/nothing/stats'), 'unknown-model', /nothing/);
    expectRefusal(await client.get('/v2/models/double/versions/v9/stats'), 'unknown-version', /v9/);
  });

  it('lists the repository, and of it what is ready', async () => {
    const path = '/v2/repository/index';
    await expect
      .poll(async () => (await client.send({ path, body: '{"ready":true}' })).json(), patience)
      .toEqual(expect.arrayContaining([{ name: 'double', version: 'v1', state: 'READY', reason: '' }]));
    // It lists what a release pass has reached, which may be one model after the other.
    const names = async (): Promise<string[]> =>
      ((await client.send({ path, method: 'POST' })).json() as unknown as { name: string }[]).map(({ name }) => name);
    await expect.poll(async () => (await names()).sort(), patience).toEqual(['double', 'echo']);
  });

  it.each(['load', 'unload'])('refuses to %s unless that is switched on, and stays as it was', async (action) => {
    const reply = await client.send({ path: `/v2/repository/models/double/${action}`, body: '{}' });
    expectRefusal(reply, 'not-supported', /./);
    expect((await client.get('/v2/models/double/ready')).status).toBe(200);
  });
});
