import type { Context } from 'hono';
import { z } from 'zod';
import { BrinkError, unwrap } from '../../../shared/errors/brink-error.js';
import { jsonResponse } from '../../../shared/http/responses.js';
import type { Route } from '../../../shared/http/routing.js';
import { nameSchema } from '../../../shared/protocol/names.js';
import { collectGraceMsOf } from '../../bindings.js';
import type { GatewayEnv } from '../gateway-env.js';
import { actorOf } from './actor.js';
import { adminBody } from './admin-body.js';
import { removeOldMarkers, underMarker } from './collect/collection-marker.js';
import { mark, type Needed, type Reading } from './collect/mark.js';
import { isNeeded, listPage, type Page } from './collect/sweep.js';
import { controlOf, controlPlane } from './release-routes.js';

type Ctx = Context<GatewayEnv>;

const retireSchema = z.strictObject({
  version: nameSchema,
  why: z.string().trim().min(1).max(500),
  expectEpoch: z.int().min(0).optional(),
});
const withoutMax = 10_000;
const collectSchema = z
  .strictObject({
    delete: z.boolean(),
    cursor: z.string().max(4_096).nullable().default(null),
    without: z.array(z.strictObject({ model: nameSchema, version: nameSchema })).max(withoutMax).default([]),
  })
  .refine((body) => !body.delete || body.without.length === 0, {
    message: 'expected no versions to be left out where files are deleted: retire them first',
    path: ['without'],
  }); // prettier-ignore

/** Taking versions away, and what nobody needs any more, for operators. */
export const collectRoutes: Route<GatewayEnv>[] = [
  {
    method: 'GET',
    path: '/admin/v1/models/:model/ages',
    handler: async (c: Ctx) => jsonResponse(unwrap(await controlOf(c).ages())),
  },
  { method: 'POST', path: '/admin/v1/models/:model/retire', handler: retire },
  { method: 'POST', path: '/admin/v1/collect', handler: collect },
];

async function retire(context: Ctx): Promise<Response> {
  const control = controlOf(context);
  const { version, why, expectEpoch } = await adminBody(context.req.raw, retireSchema);
  const outcome = await control.retire({
    version,
    ...actorOf(context, why),
    ...(expectEpoch === undefined ? {} : { expectEpoch }),
  });
  return jsonResponse({ release: unwrap(outcome) });
}

/**
 * One page of what is stored: tells, or deletes, what no release needs. Answers `reading` until all manifests are known
 * (ask again with the same cursor), then `swept` with the cursor of the next page, null after the last. Twice the same
 * does no harm, and neither does stopping in between.
 */
async function collect(context: Ctx): Promise<Response> {
  const { cursor, without, delete: mayDelete } = await adminBody(context.req.raw, collectSchema);
  const bucket = context.env.BLOBS;
  const beforeMs = Date.now() - collectGraceMsOf(context.env);
  const controlOfModel = (model: string) => controlPlane(context, model);
  const options = { bucket, controlOf: controlOfModel, sinceMs: beforeMs, without };
  const needed = await mark(options);
  if (isReading(needed)) return jsonResponse({ state: 'reading', ...needed });
  const page = await listPage(bucket, needed, { cursor, beforeMs });
  if (!mayDelete || page.candidates.length === 0) return swept(page, page.candidates, false);
  await removeOldMarkers(bucket);
  return underMarker(bucket, async (mayStillDelete) => {
    const now = await mark(options); // once more: somebody may have published since
    if (isReading(now)) return jsonResponse({ state: 'reading', ...now });
    const objects = page.candidates.filter(({ key }) => !isNeeded(key, now));
    if (!mayStillDelete()) {
      throw new BrinkError('overloaded', 'nothing was deleted: finding out what is needed took too long', {
        retryAfterMs: 1_000,
      });
    }
    await bucket.delete(objects.map(({ key }) => key));
    return swept(page, objects, true);
  });
}

const isReading = (marked: Needed | Reading): marked is Reading => 'known' in marked;

const swept = ({ scanned, cursor }: Page, objects: Page['candidates'], deleted: boolean): Response =>
  jsonResponse({ state: 'swept', scanned, objects, deleted, cursor });
