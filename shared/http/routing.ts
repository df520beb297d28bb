import type { Env, Handler, Hono, MiddlewareHandler } from 'hono';
import type { Operation } from '../auth/operations.js';
import type { AppEnv } from './app-env.js';
import { BrinkError } from '../errors/brink-error.js';
import { errorResponse } from './responses.js';

export interface Route<E extends Env> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'HEAD' | 'DELETE';
  readonly path: string;
  readonly handler: Handler<E>;
}

/** A route of the data plane: it says what it does, and by that who may. */
export interface OperationRoute<E extends Env> extends Route<E> {
  readonly operation: Operation;
}

/** Registers routes, and answers 405 with `allow` where the path exists under another method. */
export function registerRoutes<E extends Env>(app: Hono<E>, routes: readonly Route<E>[]): void {
  for (const { method, path, handler } of routes) app.on(method, path, handler);
  refuseOtherMethods(app, routes);
}

/** As `registerRoutes`, with the check of its operation before each route itself: no pattern of paths can miss one. */
export function registerOperations<Bindings extends object>(
  app: Hono<AppEnv<Bindings>>,
  routes: readonly OperationRoute<AppEnv<Bindings>>[],
  guardOf: (operation: Operation) => MiddlewareHandler<AppEnv<Bindings>> | undefined,
): void {
  for (const { method, path, handler, operation } of routes) {
    const guard = guardOf(operation);
    const named: MiddlewareHandler<AppEnv<Bindings>> = async (context, next) => {
      context.set('operation', operation);
      context.set('model', context.req.param('model'));
      await (guard === undefined ? next() : guard(context, next));
    };
    app.on(method, [path], named, handler);
  }
  refuseOtherMethods(app, routes);
}

function refuseOtherMethods<E extends Env>(app: Hono<E>, routes: readonly Route<E>[]): void {
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = [...new Set(routes.filter((route) => route.path === path).map((route) => route.method))];
    app.all(path, () => {
      // Returned, not thrown: a response that is made of a thrown error knows no header of ours.
      const refused = errorResponse(
        new BrinkError('method-not-allowed', `expected ${methods.join(' or ')} on this path`),
      );
      refused.headers.set('allow', methods.join(', '));
      return refused;
    });
  }
}

export function unknownRoute(): never {
  throw new BrinkError('unknown-route', 'no such route; /openapi.json lists what there is');
}
