import type { RequestVariables } from '../../shared/http/request-scope.js';
import type { Env } from '../bindings.js';

/** Hono's environment of the gateway. */
export interface GatewayEnv {
  Bindings: Env;
  Variables: RequestVariables;
}
