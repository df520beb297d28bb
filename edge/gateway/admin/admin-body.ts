import type { z } from 'zod';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { type ErrorCode } from '../../../shared/errors/error-codes.js';
import { readBody } from '../../../shared/http/read-body.js';
import { checkJsonDepth } from '../../../shared/protocol/json-depth.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import { systemClock } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';

/** A manifest of a large model is some kilobytes. */
const adminBodyBytesMax = 4 * 1024 * 1024;
const adminBodyMsMax = 30_000;

/** A JSON body checked by its schema; the error names the first field that is off. */
export async function adminBody<S extends z.ZodType>(
  request: Request,
  schema: S,
  code: ErrorCode = 'invalid-request',
): Promise<z.output<S>> {
  const limits = { ...defaultLimits, bodyBytesMax: adminBodyBytesMax };
  const bytes = await readBody(request, limits, new Deadline(systemClock, adminBodyMsMax));
  checkJsonDepth(bytes, limits.jsonDepthMax); // what checks the schema recurses
  const parsed = schema.safeParse(parseJson(bytes));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the body' : `'${issue.path.join('.').slice(0, 96)}'`;
  throw new BrinkError(code, `in ${where}: ${issue?.message ?? 'not as expected'}`);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)) as unknown;
  } catch (error) {
    throw new BrinkError('malformed-json', 'expected a body of JSON in UTF-8, got something else', { cause: error });
  }
}
