import { describe, expect, it } from 'vitest';
import type { Described, ServingExtensions } from '../../../shared/http/data-tier.js';
import { modelConfigSchema } from '../../../shared/protocol/serving-schemas.js';
import { modelConfigOf } from '../../../shared/serve/model-config.js';
import { makeModel, spec } from '../../harness/onnx.js';
import { makeVersion } from '../../harness/versions.js';
import type { Manifest } from '../../../shared/manifest/manifest.js';

const signatureOf = (...shapes: [number[], number[]]) => ({
  inputs: [spec('x', 'FP32', shapes[0])],
  outputs: [spec('y', 'BYTES', shapes[1])],
});

async function describedOf(shapes: [number[], number[]], members: Partial<Manifest> = {}): Promise<Described> {
  const { target } = await makeVersion({ main: makeModel(signatureOf(...shapes), []) }, { model: 'm', ...members });
  return { target, release: { versions: [], fenced: [] } as unknown as Described['release'] };
}

const serving = (maxBatch: number | undefined): ServingExtensions =>
  ({
    instanceGroups: () => [{ name: 'm_0', kind: 'KIND_CPU', count: 2, gpus: [] }],
    batching: () => (maxBatch === undefined ? undefined : { maxBatch, maxQueueDelayMs: 1.5, priorityLevels: 2 }),
  }) as unknown as ServingExtensions;

describe('the configuration of a model', () => {
  it('has dims without the batch where axis 0 is one, by the names of model_config.proto', async () => {
    const config = modelConfigOf(await describedOf([[-1, 3, -1], [-1]]), serving(32));
    expect(config).toEqual({
      name: 'm',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      max_batch_size: 32,
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [3, -1] }],
      output: [{ name: 'y', data_type: 'TYPE_STRING', dims: [] }],
      instance_group: [{ name: 'm_0', kind: 'KIND_CPU', count: 2, gpus: [] }],
      dynamic_batching: {
        preferred_batch_size: [],
        max_queue_delay_microseconds: 1_500,
        priority_levels: 2,
        default_priority_level: 2,
      },
    });
    expect(modelConfigSchema.parse(config)).toEqual(config); // what the API description says
  });

  it("takes the version's own largest batch, and the tier's where that is smaller", async () => {
    const described = await describedOf([[-1, 3], [-1, 2]], { batching: { maxBatch: 8 } }); // prettier-ignore
    expect(modelConfigOf(described, serving(32)).max_batch_size).toBe(8);
    expect(modelConfigOf(described, serving(4)).max_batch_size).toBe(4);
    expect(modelConfigOf(described, undefined)).toMatchObject({ max_batch_size: 8, instance_group: [] });
    expect(modelConfigOf(described, undefined)).not.toHaveProperty('dynamic_batching');
  });

  it.each<[string, [number[], number[]], Partial<Manifest>]>([
    [
      'a fixed axis 0',
      [
        [1, 3],
        [1, 2],
      ],
      {},
    ],
    ['an output of a fixed axis 0', [[-1, 3], [2]], {}],
    ['vectors of any length', [[-1], [-1]], {}],
    ['scalars', [[], []], {}],
    [
      'a version that forbids batches',
      [
        [-1, 3],
        [-1, 2],
      ],
      { batching: { maxBatch: 1 } },
    ],
  ])('has whole dims and no batch for %s', async (_, shapes, members) => {
    const config = modelConfigOf(await describedOf(shapes, members), serving(32));
    expect(config).toMatchObject({ max_batch_size: 0, input: [{ dims: shapes[0] }], output: [{ dims: shapes[1] }] });
    expect(config).not.toHaveProperty('dynamic_batching');
  });

  it('has whole dims and no batch where the tier has found axis 0 to be none', async () => {
    const config = modelConfigOf(await describedOf([[-1, 3], [-1, 2]]), serving(undefined)); // prettier-ignore
    expect(config).toMatchObject({ max_batch_size: 0, input: [{ dims: [-1, 3] }] });
    expect(config).not.toHaveProperty('dynamic_batching');
  });

  it('has no tensors for a model that is reached through its handler alone', async () => {
    const described = await describedOf([[-1, 3], [-1, 2]], { inferGraph: null, handler: { name: 'h', version: 1 } }); // prettier-ignore
    expect(modelConfigOf(described, undefined)).toMatchObject({ max_batch_size: 0, input: [], output: [] });
  });
});
