import { createMiddleware } from 'hono/factory';
import { bearerToken, type Keys } from '../auth/keys.js';
import { BrinkError } from '../errors/brink-error.js';
import { headers } from '../protocol/headers.js';
import type { RequestVariables } from './request-scope.js';

export interface KeyRings {
  /** Empty: the data plane is open. */
  readonly inference: Keys;
  readonly admin: Keys;
  readonly artifacts: Keys;
}

type Vars = { Variables: RequestVariables };

/** The data plane: an inference key where any is configured; an admin token does as well, and makes an operator. */
export function inferenceAuthentication(keysOf: (env: unknown) => KeyRings) {
  return createMiddleware<Vars>(async (context, next) => {
    const keys = keysOf(context.env);
    const token = bearerToken(context.req.header('authorization'));
    const operator = await keys.admin.nameOf(token);
    const caller = operator ?? (await keys.inference.nameOf(token));
    if (caller === undefined && !keys.inference.isEmpty) throw unauthenticated('an inference key');
    context.set('caller', caller);
    context.set('isOperator', operator !== undefined);
    if (operator === undefined && context.req.header(headers.serveOn) !== undefined) {
      throw new BrinkError('operators-only', `${headers.serveOn} is for operators: it needs an admin token as bearer`);
    }
    await next();
  });
}

/** The admin plane: an admin token, always. With `artifacts`, an artifact token does as well. */
export function operatorAuthentication(keysOf: (env: unknown) => KeyRings, also?: 'artifacts') {
  return createMiddleware<Vars>(async (context, next) => {
    const keys = keysOf(context.env);
    const token = bearerToken(context.req.header('authorization'));
    const operator = await keys.admin.nameOf(token);
    const caller = operator ?? (also === 'artifacts' ? await keys.artifacts.nameOf(token) : undefined);
    if (caller === undefined) throw unauthenticated(also === 'artifacts' ? 'an artifact token' : 'an admin token');
    context.set('caller', caller);
    context.set('isOperator', operator !== undefined);
    await next();
  });
}

function unauthenticated(what: string): BrinkError {
  return new BrinkError('unauthenticated', `expected ${what} in 'authorization: Bearer <token>'`);
}
