import { z } from 'zod';
import { isErrorCode } from '../errors/error-codes.js';
import { datatypes } from './datatype.js';

/**
 * The JSON bodies of the Open Inference Protocol V2, for the API description. Requests are not parsed with these: a
 * tensor's elements are read straight into a typed array (`decodeInferRequest`).
 */

const datatypeSchema = z.enum(datatypes).meta({ id: 'Datatype', description: 'The type of a tensor’s elements.' });

export const parametersSchema = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .meta({ id: 'Parameters', description: 'Each a string, a number or a boolean.' });

const shapeSchema = z
  .array(
    z
      .int()
      .min(0)
      .max(2 ** 31 - 1),
  )
  .max(16)
  .meta({ description: 'Elements along each axis, row-major.' });

const dataSchema = z.array(z.unknown()).meta({
  description:
    'Elements, flat or nested to the shape. BOOL as true and false, BYTES as strings, integers of 64 bits with all their digits. Absent for a tensor whose bytes follow the JSON.',
});

const inputSchema = z
  .object({
    name: z.string(),
    shape: shapeSchema,
    datatype: datatypeSchema,
    parameters: parametersSchema.optional(),
    data: dataSchema.optional(),
  })
  .meta({
    id: 'InferInput',
    description: 'An input; `parameters.binary_data_size` says that its bytes follow the JSON.',
  });

const requestedOutputSchema = z
  .object({ name: z.string(), parameters: parametersSchema.optional() })
  .meta({ id: 'RequestedOutput', description: 'An output to answer; `parameters.binary_data` asks for its bytes.' });

export const inferRequestSchema = z
  .object({
    id: z.string().max(256).optional(),
    parameters: parametersSchema.optional(),
    inputs: z.array(inputSchema).min(1),
    outputs: z.array(requestedOutputSchema).optional(),
  })
  .meta({ id: 'InferRequest', description: 'An inference request. All outputs are answered when none are named.' });

const outputSchema = z
  .object({
    name: z.string(),
    shape: shapeSchema,
    datatype: datatypeSchema,
    parameters: parametersSchema.optional(),
    data: dataSchema.optional(),
  })
  .meta({ id: 'InferOutput', description: 'An output; its data are flat.' });

export const inferResponseSchema = z
  .object({
    model_name: z.string(),
    model_version: z.string().optional(),
    id: z.string().optional(),
    parameters: parametersSchema.optional(),
    outputs: z.array(outputSchema),
  })
  .meta({ id: 'InferResponse', description: 'The answer to an inference request, with its id.' });

export const serverMetadataSchema = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: 'ServerMetadata', description: 'What the server is and which protocol extensions it has.' });

const tensorMetadataSchema = z
  .object({ name: z.string(), datatype: datatypeSchema, shape: z.array(z.int().min(-1)) })
  .meta({ id: 'TensorMetadata', description: 'A tensor that a model takes or gives; -1 is an axis of any size.' });

export const modelMetadataSchema = z
  .object({
    name: z.string(),
    versions: z.array(z.string()).optional(),
    platform: z.literal('onnx_onnxv1'),
    inputs: z.array(tensorMetadataSchema),
    outputs: z.array(tensorMetadataSchema),
  })
  .meta({ id: 'ModelMetadata', description: 'What a model takes and gives.' });

export const serverLiveSchema = z
  .object({ live: z.boolean() })
  .meta({ id: 'ServerLive', description: 'Whether the server answers at all.' });

export const serverReadySchema = z
  .object({ ready: z.boolean() })
  .meta({ id: 'ServerReady', description: 'Whether the server takes requests.' });

export const modelReadySchema = z
  .object({ name: z.string(), ready: z.boolean() })
  .meta({ id: 'ModelReady', description: 'Whether a model can be asked.' });

export const errorSchema = z
  .object({
    error: z.string().meta({ description: 'What was expected and what came.' }),
    code: z.string().refine(isErrorCode, 'expected a stable code').meta({ description: 'A stable code.' }),
  })
  .meta({ id: 'Error', description: 'Any failure.' });
