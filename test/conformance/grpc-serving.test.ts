import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { doubleModel } from '../harness/onnx.js';
import type { Message } from '../origin/grpc/grpc-client.js';
import { rawRequest } from '../origin/grpc/wire-tensors.js';
import { GrpcOrigin } from './grpc-origin.js';

let origin: GrpcOrigin;
let digest: string;
beforeAll(async () => {
  origin = await GrpcOrigin.start();
  digest = await origin.stack.releaseTest('double', doubleModel());
});
afterAll(() => origin.dispose());

const x: Tensor = { name: 'x', datatype: 'FP32', shape: [3, 4], data: new Float32Array(12) };

describe('the origin over gRPC', () => {
  it('lives, and is ready', async () => {
    expect((await origin.call('ServerLive')).message).toEqual({ live: true });
    expect((await origin.call('ServerReady')).message).toEqual({ ready: true });
  });

  it('describes a model as REST does, with its version in the trailers', async () => {
    const reply = await origin.call('ModelMetadata', { name: 'double' });
    expect(reply.message).toMatchObject({ name: 'double', versions: ['v1'], platform: 'onnx_onnxv1' });
    expect(reply.trailers).toMatchObject({ 'x-brink-version': 'v1', 'x-brink-digest': digest });
    const { message } = await origin.call('ModelConfig', { name: 'double', version: 'v1' });
    expect(message['config']).toMatchObject({ name: 'double', backend: 'onnxruntime', input: [{ name: 'x', data_type: 'TYPE_FP32' }] }); // prettier-ignore
  });

  it('counts items and runs, and names what it keeps', async () => {
    for (let count = 0; count < 2; count += 1) {
      expect(await origin.call('ModelInfer', rawRequest('double', [x]))).toMatchObject({ status: 'OK' });
    }
    expect((await origin.call('ModelReady', { name: 'double' })).message).toEqual({ ready: true });
    const { message } = await origin.call('ModelStatistics', { name: 'double' });
    const [counted] = message['model_stats'] as Message[];
    expect(counted).toMatchObject({ name: 'double', version: 'v1', inference_count: 6 });
    const index = async (): Promise<unknown> =>
      (await origin.call('RepositoryIndex', { ready: true })).message['models'];
    // the origin looks every second or so what is released
    await expect
      .poll(index, { timeout: 20_000 })
      .toEqual([expect.objectContaining({ name: 'double', version: 'v1', state: 'READY' })]);
  });

  it('loads and unloads nothing unless that is switched on', async () => {
    const request = { model_name: 'double' };
    expect(await origin.call('RepositoryModelUnload', request)).toMatchObject({ status: 'UNIMPLEMENTED', code: 'not-supported' }); // prettier-ignore
    expect(await origin.call('RepositoryModelLoad', request)).toMatchObject({ status: 'UNIMPLEMENTED', code: 'not-supported' }); // prettier-ignore
  });
});
