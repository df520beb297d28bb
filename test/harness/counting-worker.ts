import { ModelHost } from '../../edge/host/model-host.js';
import type { Env } from '../../edge/bindings.js';

export { ControlPlane } from '../../edge/control/control-plane.js';

let reads = 0;

/** The model host, counting what it reads from R2. */
export class CountingHost extends ModelHost {
  constructor(ctx: ExecutionContext, env: Env) {
    const get = (key: string): Promise<R2ObjectBody | null> => {
      reads += 1;
      return env.BLOBS.get(key);
    };
    super(ctx, { ...env, BLOBS: { get } as unknown as R2Bucket });
  }

  bucketReads(): Promise<number> {
    return Promise.resolve(reads);
  }
}

export default { fetch: (): Response => new Response('test') };
