import { z } from 'zod';
import { type Datatype, datatypes, type TensorData } from './datatype.js';

/** A tensor in memory: row-major, its element count equal to the product of its shape. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** What a graph takes or gives; -1 is a dynamic axis. */
export const tensorSpecSchema = z.strictObject({
  name: z.string().min(1).max(256),
  datatype: z.enum(datatypes),
  shape: z
    .array(
      z
        .int()
        .min(-1)
        .max(2 ** 31 - 1),
    )
    .max(16),
});
export type TensorSpec = z.infer<typeof tensorSpecSchema>;

/** The tensors that a version takes and gives. */
export const signatureSchema = z.strictObject({
  inputs: z.array(tensorSpecSchema).min(1).max(256),
  outputs: z.array(tensorSpecSchema).min(1).max(256),
});
export type Signature = z.infer<typeof signatureSchema>;
