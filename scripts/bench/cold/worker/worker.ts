import type { Env } from '../../../../edge/bindings.js';
import { coldStart } from './cold-start.js';
import { blobKey } from '../../../../edge/artifact-keys.js';
import { blobCacheUrl } from '../../../../edge/host/artifact-store.js';
import type { ColdTrial } from '../cold-trial.js';

export { ControlPlane } from '../../../../edge/control/control-plane.js';

/**
 * `POST /?keep=<sha256>`: a blob of R2 into the data centre's cache. `POST /?trial=<ColdTrial>` with a golden as its body,
 * once per isolate. `GET /`: the isolate is there.
 */
const coldWorker: ExportedHandler<Env> = {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const kept = searchParams.get('keep');
    if (kept !== null) return keep(env, kept);
    const trial = searchParams.get('trial');
    if (trial === null) return new Response('there');
    return Response.json(
      await coldStart(env, JSON.parse(trial) as ColdTrial, new Uint8Array(await request.arrayBuffer())),
    );
  },
};
export default coldWorker;

async function keep(env: Env, sha256: string): Promise<Response> {
  const object = await env.BLOBS.get(blobKey(sha256));
  if (object === null) return new Response('no such blob', { status: 404 });
  const headers = { 'cache-control': 'public, max-age=31536000, immutable' };
  await caches.default.put(blobCacheUrl(sha256), new Response(await object.arrayBuffer(), { headers }));
  return new Response('kept');
}
