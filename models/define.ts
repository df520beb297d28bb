import { z } from 'zod';
import { toleranceSchema } from '../shared/golden/tolerance.js';
import { batchingSchema, placementSchema, sha256Schema } from '../shared/manifest/manifest.js';
import { nameSchema } from '../shared/protocol/names.js';
import { signatureSchema } from '../shared/protocol/tensor.js';

/** Where a file comes from: a package of the npm registry, or the definition's own folder. */
export const sourceSchema = z.strictObject({
  /** `npm:<package>/<path in it>`, or a path relative to the definition's folder (and inside it). */
  from: z.string().min(1).max(512),
  /** Checked before anything reads the file. Optional only for files of the definition's own folder. */
  sha256: sha256Schema.optional(),
});

/** How a graph is quantized for the edge. */
export const quantizeSchema = z.strictObject({
  scheme: z.enum(['fp16-weights', 'int8-weights', 'int4-weights', 'dynamic-int8', 'static-int8']),
  /** Operators that stay fp32, by the names of their first outputs. */
  exclude: z.array(z.string().min(1).max(256)).max(10_000).optional(),
  /** How `static-int8` chooses ranges. */
  ranges: z.enum(['min-max', 'percentile', 'mse']).optional(),
  /** By output: how far it may be from the graph itself. Default: cosine 0.99 and top-1 0.98. */
  tolerances: z.record(z.string().max(256), toleranceSchema).optional(),
});

/** What the author of a model writes. Publishing turns it into a manifest. */
export const definitionSchema = z.strictObject({
  name: nameSchema,
  graphs: z.record(
    nameSchema,
    sourceSchema.extend({
      /** Read from the graph when absent; checked against the graph when given. */
      signature: signatureSchema.optional(),
      externalData: z.record(nameSchema, sourceSchema).optional(),
      /** False: the graph is stored as it is, and every edge optimises it whenever it loads it. */
      optimise: z.boolean().default(true),
      /** By output: how far a compiled graph may be from this one. Default: shared/golden/tolerance.ts. */
      tolerances: z.record(z.string().max(256), toleranceSchema).optional(),
      /** What the edge runs in its place (docs/quantize.md); the origin keeps the graph as it is. */
      quantize: z.union([z.literal('off'), quantizeSchema]).optional(),
      /**
       * The largest shapes that the edge should serve, by input, whole: it is measured with them, and what is larger goes
       * to the origin. Absent: the largest that fits is looked for.
       */
      largest: z.record(z.string().max(256), z.array(z.int().min(1)).max(16)).optional(),
    }),
  ),
  /** Default: the only graph; null when there are several. */
  inferGraph: nameSchema.nullable().optional(),
  handler: z.strictObject({ name: nameSchema, version: z.int().min(1) }).optional(),
  files: z.record(nameSchema, sourceSchema).default({}),
  settings: z.record(z.string(), z.json()).default({}),
  /** A wish, the preferred tier first; measuring decides. */
  placement: placementSchema.default({ tiers: ['edge', 'origin'] }),
  batching: batchingSchema.optional(),
  /**
   * Requests or tensors whose answers become the version's goldens: a file or folder beside the definition
   * (docs/publish.md). Absent: they are generated.
   */
  examples: z
    .string()
    .min(1)
    .max(512)
    .regex(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\\\0]+$/, 'expected a path inside the folder without ".."')
    .optional(),
  /** What one run at the edge may take (p95), measured in workerd where it is published; slower, it is the origin's. */
  edgeLatencyMs: z.number().positive().optional(),
  deadlineMs: z.int().min(1).max(120_000).default(10_000),
});
export type Definition = z.infer<typeof definitionSchema>;

/** Identity with types: what `definition.ts` exports by default. */
export function defineModel(definition: z.input<typeof definitionSchema>): z.input<typeof definitionSchema> {
  return definition;
}
