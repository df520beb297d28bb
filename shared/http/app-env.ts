import type { Context } from 'hono';
import type { RequestVariables } from './request-scope.js';

// Hono's environment of an app: its bindings differ between edge and origin, its variables do not.
export interface AppEnv<Bindings extends object = object> {
  Bindings: Bindings;
  Variables: RequestVariables;
}

export type AppContext<Bindings extends object = object> = Context<AppEnv<Bindings>>;
