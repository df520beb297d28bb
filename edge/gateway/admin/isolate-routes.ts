import type { Context } from 'hono';
import { jsonResponse } from '../../../shared/http/responses.js';
import type { Route } from '../../../shared/http/routing.js';
import type { GatewayEnv } from '../gateway-env.js';
import { hostOf } from '../host-of.js';

/** How the isolate stands that happens to answer, for operators: isolates have no page of metrics of their own. */
export const isolateRoutes: Route<GatewayEnv>[] = [{ method: 'GET', path: '/admin/v1/isolate', handler: getIsolate }];

async function getIsolate(context: Context<GatewayEnv>): Promise<Response> {
  return jsonResponse(await hostOf(context).report());
}
