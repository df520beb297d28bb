import type { z } from 'zod';
import { BrinkError } from '../errors/brink-error.js';
import type { ErrorCode } from '../errors/error-codes.js';
import { checkJsonDepth } from '../protocol/json-depth.js';
import { defaultLimits } from '../protocol/limits.js';
import type { Deadline } from '../time/deadline.js';
import type { BodySource } from './body-source.js';
import { readBody } from './read-body.js';

export interface SmallJsonOptions {
  readonly bytesMax: number;
  readonly deadline: Deadline;
  /** What a body that is not as the schema says is refused with. */
  readonly code?: ErrorCode;
  /** What an empty body means; absent: it is refused as no JSON. */
  readonly whenEmpty?: unknown;
}

/** A JSON body checked by its schema; the error names the first field that is off. */
export async function smallJsonBody<S extends z.ZodType>(
  source: BodySource,
  schema: S,
  { bytesMax, deadline, code = 'invalid-request', whenEmpty }: SmallJsonOptions,
): Promise<z.output<S>> {
  const limits = { ...defaultLimits, bodyBytesMax: bytesMax };
  const bytes = await readBody(source, limits, deadline);
  checkJsonDepth(bytes, limits.jsonDepthMax); // what checks the schema recurses
  const parsed = schema.safeParse(bytes.length === 0 && whenEmpty !== undefined ? whenEmpty : parseJson(bytes));
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
