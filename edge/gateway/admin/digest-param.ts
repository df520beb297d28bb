import type { Context } from 'hono';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { sha256Schema } from '../../../shared/manifest/manifest.js';
import type { GatewayEnv } from '../gateway-env.js';

/** The SHA-256 in the path. Throws `bad-name`. */
export function digestParam(context: Context<GatewayEnv>): string {
  const parsed = sha256Schema.safeParse(context.req.param('sha256'));
  if (parsed.success) return parsed.data;
  throw new BrinkError('bad-name', 'expected a SHA-256 of 64 lower-case hexadecimal digits in the path');
}
