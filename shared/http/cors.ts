import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { headers } from '../protocol/headers.js';

const preflightMaxAgeS = 600;

/** CORS for browsers of these origins (`*`: of all). Empty: none may call, and no answer grows a header for it. */
export function corsFor(origins: readonly string[]): MiddlewareHandler {
  if (origins.length === 0) return (_, next) => next();
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'POST', 'OPTIONS'],
    exposeHeaders: [...Object.values(headers), 'server-timing', 'retry-after'],
    maxAge: preflightMaxAgeS,
  });
}
