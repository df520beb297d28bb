import { describe, expect, it } from 'vitest';
import { readInferRequest } from '../../../../origin/grpc/wire/read-infer-request.js';
import { originContestants, rivalContestants } from '../../../../scripts/bench/origin/contestant.js';
import { modelInferRequest } from '../../../../scripts/bench/origin/grpc-request.js';
import { floatsOf } from '../../../../scripts/bench/origin/models/case-files.js';
import { matmulModel } from '../../../../scripts/bench/origin/models/matmul-model.js';
import { prepareMatmul, servingModelOf } from '../../../../scripts/bench/origin/models/serving-model.js';
import { makeModel, node } from '../../../harness/onnx.js';
import { defaultLimits } from '../../../../shared/protocol/limits.js';

const model = await servingModelOf('matmul', await prepareMatmul(matmulModel(300, 2)), [300], 3);

describe('the generated model', () => {
  it('is the same for the same seed and takes any batch', () => {
    expect(matmulModel(8, 2, 1).bytes).toEqual(matmulModel(8, 2, 1).bytes);
    expect(matmulModel(8, 2, 2).bytes).not.toEqual(matmulModel(8, 2, 1).bytes);
    expect(model.prepared.manifest.graphs['main']?.signature).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 300] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 300] }],
    });
  });

  it('keeps its values in size from layer to layer', () => {
    const meanSquare = (data: Float32Array): number =>
      data.reduce((all, value) => all + value * value, 0) / data.length;
    for (const { input, output } of model.samples) {
      expect(meanSquare(output) / meanSquare(input)).toBeGreaterThan(0.1);
      expect(meanSquare(output) / meanSquare(input)).toBeLessThan(10);
    }
  });

  it('is refused as a benchmark when its answers cannot be told apart', async () => {
    const same = makeModel(matmulModel(8, 1).signature, [node('Sub', ['x', 'x'], ['y'])]);
    await expect(servingModelOf('matmul', await prepareMatmul(same), [8], 2)).rejects.toThrow(
      'two samples of matmul have the same answer',
    );
  });
});

describe('a request over gRPC', () => {
  it('is what the origin reads', () => {
    const [sample] = model.samples;
    const data = sample?.input ?? new Float32Array();
    const request = readInferRequest(modelInferRequest(model, data), defaultLimits);
    expect(request.modelName).toBe('matmul');
    expect(request.inputs).toMatchObject([{ name: 'x', datatype: 'FP32', shape: [1, 300], contents: [] }]);
    expect(request.raw.map((bytes) => floatsOf(bytes))).toEqual([data]);
  });
});

describe('the contestants', () => {
  const server = { url: 'http://127.0.0.1:1', pid: 1 };

  it('are asked with the same samples, each of which knows its own answer', () => {
    const rivals = rivalContestants(model, { 'hono-per-request': server, 'hono-per-core': server });
    const ours = originContestants(model, { ...server, grpcAddress: '127.0.0.1:2' });
    expect([...rivals, ...ours].map(({ name }) => name)).toEqual([
      'hono-per-request',
      'hono-per-core',
      'origin-json',
      'origin-binary',
      'origin-msgpack',
      'origin-grpc',
    ]);
    for (const { bodies } of [...rivals, ...ours]) {
      expect(bodies).toHaveLength(3);
      const wanted = bodies.map(({ check }) => check?.content && 'values' in check.content && check.content.values);
      expect(wanted).toEqual(model.samples.map(({ output }) => [...output.subarray(0, 256)]));
    }
  });

  it('have no gRPC where the origin has none', () => {
    const names = originContestants(model, { ...server, grpcAddress: undefined }).map(({ name }) => name);
    expect(names).not.toContain('origin-grpc');
  });
});
