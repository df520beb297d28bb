import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Keys } from '../../../shared/auth/keys.js';
import { doubleModel } from '../../harness/onnx.js';
import { fakeServing, sampleStatistics } from './fake-serving.js';
import type { GrpcTestClient } from './grpc-client.js';
import { type GrpcFixture, noKeys, startGrpc, tierOf } from './grpc-fixture.js';

const serving = fakeServing();
const admin = Keys.parse('test', 'a=admin-key-0123456789012');
const asAdmin = { metadata: { authorization: 'Bearer admin-key-0123456789012' } };
let fixture: GrpcFixture;
let client: GrpcTestClient;
beforeAll(async () => {
  const tier = { ...(await tierOf(undefined, doubleModel())), serving };
  fixture = await startGrpc({ tier, rings: () => ({ ...noKeys, admin }) });
  ({ client } = fixture);
});
afterAll(() => fixture.close());

describe('what a server says of itself', () => {
  it('is its name, its version and the extensions that work', async () => {
    const { message } = await client.call('ServerMetadata');
    expect(message).toMatchObject({ name: 'brink', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string });
    expect(message['extensions']).toEqual(expect.arrayContaining(['classification', 'model_repository', 'statistics']));
  });

  it('is of a model its tensors, with -1 for an axis of any size', async () => {
    const reply = await client.call('ModelMetadata', { name: 'test' });
    expect(reply.message).toEqual({
      name: 'test',
      versions: ['v1'],
      platform: 'onnx_onnxv1',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 4] }],
    });
    expect(reply.trailers).toMatchObject({ 'x-brink-version': 'v1', 'x-brink-epoch': '7', 'x-brink-model': 'test' });
    expect(await client.call('ModelMetadata', { name: 'test', version: 'v2' })).toMatchObject({ status: 'NOT_FOUND', code: 'unknown-version' }); // prettier-ignore
  });

  it('is of a model its configuration, by the names of model_config.proto', async () => {
    const { message } = await client.call('ModelConfig', { name: 'test' });
    expect(message['config']).toMatchObject({
      name: 'test',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      max_batch_size: 16,
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [4] }],
      output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [4] }],
      instance_group: [{ name: 'cpu', kind: 'KIND_CPU', count: 2 }],
      dynamic_batching: { max_queue_delay_microseconds: 1_500, priority_levels: 3 },
    });
  });

  it('is of a model whether it is ready, and of one that does not exist that it is not', async () => {
    expect((await client.call('ModelReady', { name: 'test' })).message).toEqual({ ready: true });
    expect(await client.call('ModelReady', { name: 'nope' })).toMatchObject({
      status: 'OK',
      message: { ready: false },
    });
    expect(await client.call('ModelReady', { name: '../x' })).toMatchObject({ status: 'INVALID_ARGUMENT', code: 'bad-name' }); // prettier-ignore
  });

  it('is what it has counted: of all models, of one, of one version', async () => {
    for (const request of [{}, { name: 'test' }, { name: 'test', version: 'v1' }]) {
      const { message } = await client.call('ModelStatistics', request);
      expect(message['model_stats']).toEqual([sampleStatistics]);
    }
    expect(serving.asked).toEqual([[], ['test', undefined], ['test', 'v1']]);
    expect(await client.call('ModelStatistics', { name: 'nope' })).toMatchObject({ status: 'NOT_FOUND' });
  });

  it('is which models there are, or which of them are ready', async () => {
    const all = [
      { name: 'test', version: 'v1', state: 'READY', reason: '' },
      { name: 'test', version: 'v2', state: 'UNAVAILABLE', reason: 'fenced' },
    ];
    expect((await client.call('RepositoryIndex')).message['models']).toEqual(all);
    expect((await client.call('RepositoryIndex', { ready: true })).message['models']).toEqual([all[0]]);
  });
});

describe('load and unload', () => {
  it('are done for operators', async () => {
    expect(await client.call('RepositoryModelLoad', { model_name: 'test' }, asAdmin)).toMatchObject({ status: 'OK' });
    const parameters = { unload_dependents: { bool_param: false } };
    expect(await client.call('RepositoryModelUnload', { model_name: 'test', parameters }, asAdmin)).toMatchObject({ status: 'OK' }); // prettier-ignore
    expect(serving.done).toEqual(['load test', 'unload test']);
  });

  it('are refused with parameters that would have to change what is loaded', async () => {
    const config = { model_name: 'test', parameters: { config: { string_param: '{}' } } };
    expect(await client.call('RepositoryModelLoad', config, asAdmin)).toMatchObject({ status: 'UNIMPLEMENTED', code: 'not-supported' }); // prettier-ignore
    const other = { model_name: 'test', parameters: { other: { bytes_param: Buffer.of(1) } } };
    expect(await client.call('RepositoryModelLoad', other, asAdmin)).toMatchObject({ code: 'bad-parameter' });
  });
});
