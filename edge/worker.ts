export { ControlPlane } from './control/control-plane.js';
export { ModelHost } from './host/model-host.js';

/** Until edge/gateway is there. */
export default {
  fetch: (): Response => Response.json({ error: 'the gateway is not built yet', code: 'loading' }, { status: 503 }),
};
