import type { z } from 'zod';
import { type ErrorCode } from '../../../shared/errors/error-codes.js';
import { bodyOfRequest } from '../../../shared/http/body-source.js';
import { smallJsonBody } from '../../../shared/http/small-json-body.js';
import { systemClock } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';

/** A manifest of a large model is some kilobytes. */
const adminBodyBytesMax = 4 * 1024 * 1024;
const adminBodyMsMax = 30_000;

/** A JSON body checked by its schema; the error names the first field that is off. */
export function adminBody<S extends z.ZodType>(
  request: Request,
  schema: S,
  code: ErrorCode = 'invalid-request',
): Promise<z.output<S>> {
  const deadline = new Deadline(systemClock, adminBodyMsMax);
  return smallJsonBody(bodyOfRequest(request), schema, { bytesMax: adminBodyBytesMax, deadline, code });
}
