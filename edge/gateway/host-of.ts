import type { Context } from 'hono';
import type { GatewayEnv } from './gateway-env.js';
import type { HostStub } from './host-engine.js';

/** The ModelHost entrypoint of this Worker. */
export function hostOf(context: Pick<Context<GatewayEnv>, 'executionCtx'>): HostStub {
  const { exports } = context.executionCtx as unknown as { exports: { ModelHost: HostStub } };
  return exports.ModelHost;
}
