import { z } from 'zod';

const share = z.number().min(0).max(1);

/**
 * How far an output may be from the golden's and still be right. Every bound that is given has to hold. An element is
 * near enough by `absolute` or by `relative` (of the expected element), whichever is kinder; `cosine` is the similarity
 * of the whole output (-1 to 1), `top1` the share of rows (along the last axis) whose largest element is the same one.
 */
export const toleranceSchema = z
  .strictObject({
    absolute: z.number().min(0).optional(),
    relative: z.number().min(0).optional(),
    cosine: share.optional(),
    top1: share.optional(),
  })
  .refine((tolerance) => Object.values(tolerance).some((bound) => bound !== undefined), {
    message: 'expected at least one of absolute, relative, cosine and top1',
  });
export type Tolerance = z.infer<typeof toleranceSchema>;

/** Of the same graph in floats of 32 bits; integers, booleans and texts have to be equal whatever is declared. */
export const exactTolerance: Tolerance = { absolute: 1e-3, relative: 1e-3 };
/** Of a quantized graph. */
export const quantizedTolerance: Tolerance = { cosine: 0.99, top1: 0.98 };
