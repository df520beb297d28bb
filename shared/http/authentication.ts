import type { Context, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { authorize, refusalError } from '../auth/authorize.js';
import type { KeyRings } from '../auth/key-rings.js';
import { bearerToken } from '../auth/keys.js';
import { type Operation, operations } from '../auth/operations.js';
import { BrinkError } from '../errors/brink-error.js';
import { headers } from '../protocol/headers.js';
import type { AppEnv } from './app-env.js';
import type { RequestVariables } from './request-scope.js';

export type { KeyRings } from '../auth/key-rings.js';

type Vars = { Variables: RequestVariables };

/** The check before a route that does this operation: undefined where everybody may. */
export function operationGuard<Bindings extends object>(
  operation: Operation,
  keysOf: (env: unknown) => KeyRings,
): MiddlewareHandler<AppEnv<Bindings>> | undefined {
  if (operations[operation] === 'open') return undefined;
  return async (context, next) => {
    const token = bearerToken(context.req.header('authorization'));
    const verdict = await authorize(operation, token, keysOf(context.env));
    if (verdict.kind !== 'allowed') throw refusalError(verdict.kind, operation);
    context.set('caller', verdict.caller);
    context.set('isOperator', verdict.isOperator);
    if (!verdict.isOperator) checkNoWishOfOperators(context);
    await next();
  };
}

function checkNoWishOfOperators(context: Pick<Context, 'req'>): void {
  if (context.req.header(headers.serveOn) === undefined) return;
  throw new BrinkError('operators-only', `${headers.serveOn} is for operators: it needs an admin token as bearer`);
}

/** The admin plane: an admin token, always. With `artifacts`, an artifact token does as well. */
export function operatorAuthentication(keysOf: (env: unknown) => KeyRings, also?: 'artifacts') {
  return createMiddleware<Vars>(async (context, next) => {
    const keys = keysOf(context.env);
    const token = bearerToken(context.req.header('authorization'));
    const operator = await keys.admin.nameOf(token);
    const caller = operator ?? (also === 'artifacts' ? await keys.artifacts.nameOf(token) : undefined);
    if (caller === undefined) {
      const expected = also === 'artifacts' ? 'an artifact token' : 'an admin token';
      throw new BrinkError('unauthenticated', `expected ${expected} in 'authorization: Bearer <token>'`);
    }
    context.set('caller', caller);
    context.set('isOperator', operator !== undefined);
    await next();
  });
}
