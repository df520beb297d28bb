import type { Context } from 'hono';
import type { Actor } from '../../../shared/release/control-plane.js';
import type { GatewayEnv } from '../gateway-env.js';

const actorPattern = /^[\x20-\x7e]{1,96}$/;

/** Who acts, for the audit: the name of the key, which is proven, and the person it says it is, which is not. */
export function actorOf(context: Context<GatewayEnv>, why: string): Actor {
  const key = context.var.caller ?? 'unknown';
  const claimed = context.req.header('x-brink-actor');
  return { who: claimed !== undefined && actorPattern.test(claimed) ? `${key} (${claimed})` : key, why };
}
