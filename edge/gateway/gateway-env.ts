import type { AppEnv } from '../../shared/http/data-plane.js';
import type { Env } from '../bindings.js';

/** Hono's environment of the gateway. */
export type GatewayEnv = AppEnv<Env>;
