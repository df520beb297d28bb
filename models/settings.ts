import type { z } from 'zod';
import { BrinkError } from '../shared/errors/brink-error.js';
import type { HandlerContext } from '../shared/handler/handler.js';

/** A version's settings, checked by its handler's own schema. What is wrong with them is the publisher's to hear. */
export function readSettings<T>(schema: z.ZodType<T>, context: HandlerContext): T {
  const parsed = schema.safeParse(context.settings);
  if (parsed.success) return parsed.data;
  throw new BrinkError('handler-failed', "the version's settings are not what its handler takes", {
    cause: parsed.error,
  });
}
