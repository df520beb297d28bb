import { z } from 'zod';
import { toleranceSchema } from '../golden/tolerance.js';
import { nameSchema } from '../protocol/names.js';
import { signatureSchema } from '../protocol/tensor.js';

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits');

/** A blob as a manifest names it. */
export const blobRefSchema = z.strictObject({
  sha256: sha256Schema,
  bytes: z
    .int()
    .min(0)
    .max(2 ** 40),
});
export type BlobRef = z.infer<typeof blobRefSchema>;

/** Goldens of one graph. */
export const goldensMax = 64;

/** What is loaded of a graph. */
const artifactFields = {
  model: blobRefSchema,
  /** External weights, by the file name that the graph names them with. */
  externalData: z.record(nameSchema, blobRefSchema).default({}),
  /** Optimised when it was published, to this level of onnxruntime's: the edge loads it as it is. */
  optimised: z.literal('extended').optional(),
  /** By output, where it is not what shared/golden has by default. */
  tolerances: z.record(z.string().max(256), toleranceSchema).optional(),
};

export const graphSchema = z.strictObject({
  ...artifactFields,
  signature: signatureSchema,
  /** What the edge runs in its place, where that was quantized: the same goldens, within its own tolerances. */
  edge: z.strictObject(artifactFields).optional(),
  /** Inputs with known answers (shared/golden), one blob each. A session runs the first of them before anything else. */
  goldens: z.array(blobRefSchema).max(goldensMax).optional(),
  /**
   * The elements of all inputs together that one run of it may have at the edge: what was measured there to fit. Larger
   * runs are the origin's. Absent: it was not measured.
   */
  edgeElementsMax: z.int().min(0).optional(),
});
export type GraphEntry = z.infer<typeof graphSchema>;

export const tierSchema = z.enum(['edge', 'origin']);

export const placementSchema = z.strictObject({
  /** Where the version may run, the preferred tier first. */
  tiers: z
    .array(tierSchema)
    .min(1)
    .max(2)
    .refine((tiers) => new Set(tiers).size === tiers.length, { message: 'expected each tier once' }),
});

/**
 * Ragged axes that may be padded so that requests of different sizes share a batch. Padding can change answers, so it is
 * part of the version: `axis` of `input` is filled with `value` up to the next multiple, and the named axis of each of
 * `outputs` is cut to `ceil(own size × scale)`.
 */
export const paddingSchema = z.strictObject({
  input: z.string().min(1).max(256),
  axis: z.int().min(1).max(15),
  multipleOf: z.int().min(2).max(65_536),
  value: z.number().default(0),
  outputs: z
    .record(
      z.string().max(256),
      z.strictObject({ axis: z.int().min(1).max(15), scale: z.number().positive().max(65_536).default(1) }),
    )
    .default({}),
});
export type Padding = z.infer<typeof paddingSchema>;

export const batchingSchema = z.strictObject({
  maxBatch: z.int().min(1).max(1024),
  padding: z.array(paddingSchema).max(16).optional(),
});

/**
 * What a version is: everything that decides its answers, and nothing that was measured, so that the same input gives
 * the same digest on every machine. The version's own name is not in it: a digest says what runs, a name is a pointer.
 */
export const manifestSchema = z
  .strictObject({
    schema: z.literal(1),
    model: nameSchema,
    graphs: z.record(nameSchema, graphSchema),
    /** The graph that V2 `infer` runs; null for a model that is reached through its handler alone. */
    inferGraph: nameSchema.nullable(),
    handler: z.strictObject({ name: nameSchema, version: z.int().min(1) }).nullable(),
    /** Labels and other files that the handler reads, by name. */
    files: z.record(nameSchema, blobRefSchema),
    /** Settings of the handler: plain JSON, checked by the handler's own schema. */
    settings: z.record(z.string().max(64), z.json()),
    placement: placementSchema,
    /** Null leaves it to the origin, which batches what it finds to be batchable; `maxBatch` 1 forbids it. */
    batching: batchingSchema.nullable(),
    /** The answer's deadline when the caller names none. */
    deadlineMs: z.int().min(1).max(120_000),
  })
  .refine(({ batching, placement }) => batching?.padding === undefined || !placement.tiers.includes('edge'), {
    message: 'expected a version whose inputs are padded to be placed at the origin alone: the edge does not pad',
    path: ['batching', 'padding'],
  });
export type Manifest = z.infer<typeof manifestSchema>;
export type Tier = z.infer<typeof tierSchema>;

/** Every blob that a manifest names, once each. */
export function blobsOf(manifest: Manifest): BlobRef[] {
  const blobs = new Map<string, BlobRef>();
  for (const graph of Object.values(manifest.graphs)) {
    const artifacts = [graph, ...(graph.edge === undefined ? [] : [graph.edge])];
    const files = artifacts.flatMap(({ model, externalData }) => [model, ...Object.values(externalData)]);
    for (const blob of [...files, ...(graph.goldens ?? [])]) blobs.set(blob.sha256, blob);
  }
  for (const blob of Object.values(manifest.files)) blobs.set(blob.sha256, blob);
  return [...blobs.values()];
}
