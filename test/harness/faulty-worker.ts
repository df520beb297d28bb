import { env } from 'cloudflare:workers';
import type { Env } from '../../edge/bindings.js';
import { gateway } from '../../edge/gateway/gateway.js';
import { ModelHost as RealModelHost } from '../../edge/host/model-host.js';

export { ControlPlane } from '../../edge/control/control-plane.js';

/** `forgets` never has anything, `lies` gives other bytes, `hangs` never answers, `throws` always does. */
type CacheKind = 'forgets' | 'lies' | 'hangs' | 'throws';

const { TEST_CACHE, TEST_BLOB_READS_FAIL } = env as unknown as {
  readonly TEST_CACHE?: CacheKind;
  readonly TEST_BLOB_READS_FAIL?: string;
};
const real = caches.default;
const never = <T>(): Promise<T> => new Promise(() => undefined);
const broken = (): Promise<never> => Promise.reject(new Error('no cache today'));

async function lie(url: RequestInfo): Promise<Response | undefined> {
  const found = await real.match(url);
  if (found === undefined) return undefined;
  const bytes = new Uint8Array(await found.arrayBuffer()).map((byte) => byte ^ 1);
  return new Response(bytes, { headers: { 'content-type': found.headers.get('content-type') ?? '' } });
}

const fakes: Readonly<Record<CacheKind, Pick<Cache, 'match' | 'put' | 'delete'>>> = {
  forgets: {
    match: () => Promise.resolve(undefined),
    put: () => Promise.resolve(),
    delete: () => Promise.resolve(false),
  },
  lies: { match: lie, put: (...args) => real.put(...args), delete: () => Promise.resolve(false) },
  hangs: { match: never, put: never, delete: never },
  throws: { match: broken, put: broken, delete: broken },
};
if (TEST_CACHE !== undefined) Object.defineProperty(caches, 'default', { value: fakes[TEST_CACHE] });

let failuresLeft = Number(TEST_BLOB_READS_FAIL ?? 0);

/** R2, failing the first reads of blobs. */
function faulty(own: Env): Env {
  const { BLOBS } = own;
  const get = (key: string): Promise<R2ObjectBody | null> => {
    if (!key.startsWith('blobs/') || failuresLeft === 0) return BLOBS.get(key);
    failuresLeft -= 1;
    return Promise.reject(new Error('R2 is out of order'));
  };
  return { ...own, BLOBS: { get } as unknown as R2Bucket };
}

/** The Worker as it is, over caches and an R2 that are not what they should be. */
export class ModelHost extends RealModelHost {
  constructor(ctx: ExecutionContext, own: Env) {
    super(ctx, faulty(own));
  }
}

/** The control plane as it is, out of reach while R2 has `test/cut-off`. */
function cutOff(own: Env): Env {
  const { BLOBS, CONTROL } = own;
  const stubOf = (id: DurableObjectId): unknown => {
    const stub = CONTROL.get(id);
    const lease = async (): Promise<unknown> => {
      if ((await BLOBS.head('test/cut-off')) !== null) throw new Error('cut off');
      return stub.lease();
    };
    return new Proxy(stub, { get: (of, name) => (name === 'lease' ? lease : (Reflect.get(of, name) as unknown)) });
  };
  const idFromName = (name: string): DurableObjectId => CONTROL.idFromName(name);
  return { ...own, CONTROL: { idFromName, get: stubOf } as unknown as Env['CONTROL'] };
}

// The gateway knows its isolate by this object.
let wrapped: Env | undefined;

const worker: ExportedHandler<Env> = {
  fetch: (request, own, context) => gateway.fetch!(request, (wrapped ??= cutOff(own)), context),
};
export default worker;
