import type { Env } from '../../edge/bindings.js';
import { gateway } from '../../edge/gateway/gateway.js';

export { ControlPlane } from '../../edge/control/control-plane.js';
export { ModelHost } from '../../edge/host/model-host.js';

const keys: string[] = [];
const counted = new WeakMap<R2Bucket, R2Bucket>();
let env: Env | undefined;

/** The bucket, writing down what is read. */
function counting(bucket: R2Bucket): R2Bucket {
  let proxy = counted.get(bucket);
  if (proxy === undefined) {
    proxy = new Proxy(bucket, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          if (name === 'get' || name === 'head') keys.push(String(args[0]));
          return Reflect.apply(member, target, args);
        };
      },
    });
    counted.set(bucket, proxy);
  }
  return proxy;
}

/** The gateway as it is; `GET /r2-reads` answers the keys that it has read since the last time. */
export default {
  fetch(request, bindings, context) {
    if (new URL(request.url).pathname === '/r2-reads') return Response.json(keys.splice(0));
    env ??= { ...bindings, BLOBS: counting(bindings.BLOBS) }; // one environment to an isolate
    return gateway.fetch!(request, env, context);
  },
} satisfies ExportedHandler<Env>;
