import { z } from 'zod';
import { datatypes } from '../protocol/datatype.js';

/** One golden, encoded: what an isolate can still hold beside the graph that it is of. */
export const goldenBytesMax = 64 * 1024 * 1024;
export const goldenHeadBytesMax = 1024 * 1024;
/** As many inputs, and as many outputs, as a signature may have. */
export const goldenTensorsMax = 256;

const tensorHeadSchema = z.strictObject({
  name: z.string().min(1).max(256),
  datatype: z.enum(datatypes),
  shape: z
    .array(
      z
        .int()
        .min(0)
        .max(2 ** 31 - 1),
    )
    .max(16),
  /** Of its elements, as they follow the head. */
  bytes: z.int().min(0).max(goldenBytesMax),
});
export type GoldenTensorHead = z.infer<typeof tensorHeadSchema>;

const tensorsSchema = z
  .array(tensorHeadSchema)
  .max(goldenTensorsMax)
  .refine((heads) => new Set(heads.map(({ name }) => name)).size === heads.length, 'expected each name once');

/** What an encoded golden says of its tensors; their elements follow it in this order. */
export const goldenHeadSchema = z.strictObject({ inputs: tensorsSchema, outputs: tensorsSchema.min(1) });
export type GoldenHead = z.infer<typeof goldenHeadSchema>;
