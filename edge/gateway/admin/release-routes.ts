import type { Context } from 'hono';
import { z } from 'zod';
import { unwrap } from '../../../shared/errors/brink-error.js';
import { jsonResponse } from '../../../shared/http/responses.js';
import type { Route } from '../../../shared/http/routing.js';
import { checkName, nameSchema } from '../../../shared/protocol/names.js';
import type { ControlPlaneApi } from '../../../shared/release/control-plane.js';
import type { GatewayEnv } from '../gateway-env.js';
import { adminBody } from './admin-body.js';
import { manifestOf } from '../manifests.js';
import { bakeMsMax } from '../../../shared/release/transitions.js';
import { actorOf } from './actor.js';
import { checkSigned } from './add-signatures.js';
import { checkHandlerDeployed } from './check-handler.js';
import { modelNames } from './model-names.js';

type Ctx = Context<GatewayEnv>;

const whySchema = z.string().trim().min(1).max(500);
const promoteSchema = z.strictObject({
  version: nameSchema,
  why: whySchema,
  bakeMs: z.int().min(0).max(bakeMsMax).optional(),
  expectEpoch: z.int().min(0).optional(),
  liftFence: z.boolean().optional(),
});
const rollbackSchema = z.strictObject({
  to: nameSchema.optional(),
  why: whySchema,
  expectEpoch: z.int().min(0).optional(),
});
const auditRowsMax = 1_000;

/** Changing what is served, for operators. */
export const releaseRoutes: Route<GatewayEnv>[] = [
  { method: 'POST', path: '/admin/v1/models/:model/promote', handler: promote },
  { method: 'POST', path: '/admin/v1/models/:model/rollback', handler: rollback },
  { method: 'GET', path: '/admin/v1/models/:model/audit', handler: audit },
];

/** What an origin asks for: names, and leases straight from the control plane. */
export const leaseRoutes: Route<GatewayEnv>[] = [
  {
    method: 'GET',
    path: '/artifacts/v1/models',
    handler: async (c: Ctx) => jsonResponse({ models: await modelNames(c.env.BLOBS) }),
  },
  {
    method: 'GET',
    path: '/artifacts/v1/models/:model/lease',
    handler: async (c: Ctx) => jsonResponse(unwrap(await controlOf(c).lease())),
  },
];

async function promote(context: Ctx): Promise<Response> {
  const control = controlOf(context);
  const { version, why, bakeMs, expectEpoch, liftFence } = await adminBody(context.req.raw, promoteSchema);
  const { release } = unwrap(await control.lease());
  const digest = release.versions.find((ref) => ref.version === version)?.digest;
  if (digest !== undefined) {
    await checkSigned(context.env, digest);
    await checkHandlerDeployed(context.env, await manifestOf(context.env.BLOBS, digest));
  }
  const outcome = await control.promote({
    version,
    ...actorOf(context, why),
    ...(bakeMs === undefined ? {} : { bakeMs }),
    ...(expectEpoch === undefined ? {} : { expectEpoch }),
    ...(liftFence === undefined ? {} : { liftFence }),
  });
  return jsonResponse({ release: unwrap(outcome) });
}

/** Answers when the fence holds: after the lease and the grace. */
async function rollback(context: Ctx): Promise<Response> {
  const control = controlOf(context);
  const { to, why, expectEpoch } = await adminBody(context.req.raw, rollbackSchema);
  const outcome = await control.rollback({
    ...actorOf(context, why),
    ...(to === undefined ? {} : { to }),
    ...(expectEpoch === undefined ? {} : { expectEpoch }),
  });
  return jsonResponse(unwrap(outcome));
}

async function audit(context: Ctx): Promise<Response> {
  const limit = Math.min(auditRowsMax, Number(/^[1-9]\d{0,5}$/.exec(context.req.query('limit') ?? '100')?.[0] ?? 100));
  return jsonResponse({ rows: unwrap(await controlOf(context).audit(limit)) });
}

/** The model's control plane. The RPC stub of a Durable Object has the methods of its class. */
export function controlOf(context: Ctx): ControlPlaneApi {
  const model = checkName('model', context.req.param('model') ?? '');
  return controlPlane(context, model);
}

export function controlPlane(context: Ctx, model: string): ControlPlaneApi {
  const { CONTROL } = context.env;
  return CONTROL.get(CONTROL.idFromName(model));
}
