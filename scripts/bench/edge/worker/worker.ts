import { gateway } from '../../../../edge/gateway/gateway.js';
import type { Env } from '../../../../edge/bindings.js';
import { benchRoutes } from './bench-routes.js';
import { spyOnSessions } from './session-spy.js';

export { ControlPlane } from '../../../../edge/control/control-plane.js';
export { ModelHost } from '../../../../edge/host/model-host.js';

spyOnSessions();

/** The real Worker, and beside it the routes of the benchmark. */
const benchWorker: ExportedHandler<Env> = {
  fetch: (request, env, context) => {
    if (request.url.includes('/bench/')) return benchRoutes(request, env, context);
    return gateway.fetch?.(request, env, context) ?? Response.error();
  },
};
export default benchWorker;
