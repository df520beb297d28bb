import type { Env } from '../../edge/bindings.js';
import { ControlPlane as RealControlPlane } from '../../edge/control/control-plane.js';

export { ModelHost } from '../../edge/host/model-host.js';

/** The control plane with an R2 that fails each object's first write. */
export class ControlPlane extends RealControlPlane {
  constructor(ctx: DurableObjectState, env: Env) {
    let failed = false;
    const put = (...args: Parameters<R2Bucket['put']>): Promise<R2Object | null> => {
      if (failed) return env.BLOBS.put(...args);
      failed = true;
      return Promise.reject(new Error('R2 is out of order'));
    };
    super(ctx, { ...env, BLOBS: { head: (key: string) => env.BLOBS.head(key), put } as unknown as R2Bucket });
  }
}

export default { fetch: (): Response => new Response('test') };
