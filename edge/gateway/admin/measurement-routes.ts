import type { Context } from 'hono';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { bodyOfRequest } from '../../../shared/http/body-source.js';
import { jsonResponse } from '../../../shared/http/responses.js';
import type { Route } from '../../../shared/http/routing.js';
import { smallJsonBody } from '../../../shared/http/small-json-body.js';
import { measurementsBytesMax, measurementsSchema } from '../../../shared/measure/measurements.js';
import { systemClock } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';
import { manifestKey, measurementsKey } from '../../artifact-keys.js';
import type { GatewayEnv } from '../gateway-env.js';
import { digestParam } from './digest-param.js';

const bodyMsMax = 30_000;

type Ctx = Context<GatewayEnv>;

/** Storing what was measured of a version, and reading it, for operators. */
export const measurementAdminRoutes: Route<GatewayEnv>[] = [
  { method: 'PUT', path: '/admin/v1/measurements/:sha256', handler: putMeasurements },
  { method: 'GET', path: '/admin/v1/measurements/:sha256', handler: getMeasurements },
];

/** Reading it, for origins. */
export const measurementArtifactRoutes: Route<GatewayEnv>[] = [
  { method: 'GET', path: '/artifacts/v1/measurements/:sha256', handler: getMeasurements },
];

/** Measured again, it takes the place of what was there: figures are of a machine and a day, not of the version. */
async function putMeasurements(context: Ctx): Promise<Response> {
  const digest = digestParam(context);
  const measurements = await smallJsonBody(bodyOfRequest(context.req.raw), measurementsSchema, {
    bytesMax: measurementsBytesMax,
    deadline: new Deadline(systemClock, bodyMsMax),
  });
  if (measurements.digest !== digest) {
    throw new BrinkError('digest-mismatch', `expected measurements of ${digest}, got those of ${measurements.digest}`);
  }
  const { BLOBS } = context.env;
  if ((await BLOBS.head(manifestKey(digest))) === null) {
    throw new BrinkError('unknown-version', 'expected measurements of a version that is stored, this one is not');
  }
  const existing = await BLOBS.head(measurementsKey(digest));
  await BLOBS.put(measurementsKey(digest), JSON.stringify(measurements));
  return jsonResponse({ digest }, existing === null ? 201 : 200);
}

async function getMeasurements(context: Ctx): Promise<Response> {
  const object = await context.env.BLOBS.get(measurementsKey(digestParam(context)));
  if (object === null) throw new BrinkError('unknown-blob', 'nothing was measured of a version of this digest');
  return new Response(object.body, {
    headers: {
      'content-type': 'application/json',
      'content-length': String(object.size),
      'cache-control': 'no-store', // it may be measured again
    },
  });
}
