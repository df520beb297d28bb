export { ControlPlane } from './control/control-plane.js';
export { gateway as default } from './gateway/gateway.js';
export { ModelHost } from './host/model-host.js';
