import { z } from 'zod';
import { measurementsSchema } from '../../../shared/measure/measurements.js';
import { placementSchema, sha256Schema } from '../../../shared/manifest/manifest.js';
import { nameSchema } from '../../../shared/protocol/names.js';

/**
 * What publishing decided for exactly these files, to be kept beside the definition: with it the next publish decides the
 * same without measuring, on whatever machine. More decisions about a graph are more members of it.
 */
export const planSchema = z.strictObject({
  schema: z.literal(1),
  /** What it rests on (plan-basis.ts): another one, and the plan is of other files. */
  of: sha256Schema,
  placement: placementSchema,
  graphs: z.record(nameSchema, z.strictObject({ edgeElementsMax: z.int().min(0).optional() })),
  /** For whoever reads it: nothing is decided by these. */
  why: z.array(z.string().max(1_000)).max(32).optional(),
  measurements: measurementsSchema.omit({ digest: true }).optional(),
});
export type Plan = z.infer<typeof planSchema>;
