import { z } from 'zod';

/** The JSON bodies of Triton's extensions `model_configuration`, `statistics` and `model_repository`, for the API description. */

const durationSchema = z
  .object({ count: z.number(), ns: z.number() })
  .meta({ id: 'StatisticDuration', description: 'How often something was done, and for how long in all.' });

const computeFields = { compute_input: durationSchema, compute_infer: durationSchema, compute_output: durationSchema };

const modelStatisticsSchema = z
  .object({
    name: z.string(),
    version: z.string(),
    last_inference: z.number(),
    inference_count: z.number(),
    execution_count: z.number(),
    inference_stats: z.object({
      success: durationSchema,
      fail: durationSchema,
      queue: durationSchema,
      ...computeFields,
      cache_hit: durationSchema,
      cache_miss: durationSchema,
    }),
    batch_stats: z.array(z.object({ batch_size: z.number(), ...computeFields })),
    memory_usage: z.array(z.object({ type: z.string(), id: z.number(), byte_size: z.number() })),
    response_stats: z.record(z.string(), z.never()),
  })
  .meta({
    id: 'ModelStatistics',
    description:
      'What a version has done since it was loaded. A batch of 64 adds 64 to inference_count, 1 to execution_count.',
  });

export const statisticsSchema = z
  .object({ model_stats: z.array(modelStatisticsSchema) })
  .meta({ id: 'Statistics', description: 'The statistics of one version, of a model’s versions, or of all.' });

export const repositoryIndexSchema = z
  .array(
    z.object({
      name: z.string(),
      version: z.string().optional(),
      state: z.enum(['READY', 'UNAVAILABLE', 'LOADING', 'UNLOADING']),
      reason: z.string(),
    }),
  )
  .meta({ id: 'RepositoryIndex', description: 'The models and versions that there are.' });

export const repositoryIndexRequestSchema = z
  .object({ ready: z.boolean().optional() })
  .meta({ id: 'RepositoryIndexRequest', description: '`ready` leaves out what is not.' });

export const repositoryRequestSchema = z
  .object({ parameters: z.record(z.string(), z.unknown()).optional() })
  .meta({ id: 'RepositoryRequest', description: 'No parameter changes what is loaded: what is released is.' });

const tensorSchema = z.object({
  name: z.string(),
  data_type: z.templateLiteral(['TYPE_', z.string()]),
  dims: z.array(z.int()),
});

export const modelConfigSchema = z
  .object({
    name: z.string(),
    platform: z.literal('onnxruntime_onnx'),
    backend: z.literal('onnxruntime'),
    max_batch_size: z.int(),
    input: z.array(tensorSchema),
    output: z.array(tensorSchema),
    instance_group: z.array(
      z.object({ name: z.string(), kind: z.enum(['KIND_CPU', 'KIND_GPU']), count: z.int(), gpus: z.array(z.int()) }),
    ),
    dynamic_batching: z
      .object({
        preferred_batch_size: z.array(z.int()),
        max_queue_delay_microseconds: z.int(),
        priority_levels: z.int(),
        default_priority_level: z.int(),
      })
      .optional(),
  })
  .meta({ id: 'ModelConfig', description: 'A model’s configuration, by the field names of model_config.proto.' });
