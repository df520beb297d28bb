import { BrinkError, unwrap } from '../../shared/errors/brink-error.js';
import type { ControlPlaneApi } from '../../shared/release/control-plane.js';
import { type LeaseSources, unknownModel } from '../../shared/release/leases.js';
import { leaseCopySchema, type LeaseGrant, releaseSchema } from '../../shared/release/release.js';
import { releaseKey } from '../artifact-keys.js';
import type { Env } from '../bindings.js';

const sharedKey = (model: string): string => `https://leases.brink.internal/${model}`;

/**
 * Where the edge gets its leases: the model's ControlPlane, copies shared through the data centre's cache, and the
 * release as R2 has it for an isolate that knows nothing while the control plane is out of reach.
 */
export function edgeLeaseSources(env: Env): LeaseSources {
  // Models that this isolate has had a lease on: as many as exist.
  const known = new Set<string>();
  return {
    async ask(model, signal): Promise<LeaseGrant> {
      if (!known.has(model)) await checkPublished(env, model);
      const control = env.CONTROL.get(env.CONTROL.idFromName(model)) as unknown as ControlPlaneApi;
      const grant = unwrap(await unlessAborted(control.lease(), signal));
      known.add(model);
      return grant;
    },
    // Nothing below is needed for correctness: the Cache API may forget, refuse or be slow.
    async shared(model) {
      const cached = await caches.default.match(sharedKey(model));
      return cached === undefined ? undefined : leaseCopySchema.parse(await cached.json());
    },
    async share(model, copy) {
      const maxAgeS = Math.ceil(copy.leaseMs / 1_000);
      const response = Response.json(copy, { headers: { 'cache-control': `max-age=${maxAgeS}` } });
      await caches.default.put(sharedKey(model), response);
    },
    async lastResort(model) {
      const written = await env.BLOBS.get(releaseKey(model));
      return written === null ? undefined : releaseSchema.parse(await written.json());
    },
  };
}

/** A name that was never published must not make a Durable Object of its own: anybody can think of many names. */
async function checkPublished(env: Env, model: string): Promise<void> {
  const written = await env.BLOBS.head(releaseKey(model)).catch(() => undefined); // R2 failing decides nothing
  if (written === null) throw unknownModel(model);
}

/** RPC takes no signal: the call is no longer waited for when the signal fires. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new BrinkError('control-unreachable', 'the control plane is slow')), {
      once: true,
    });
  });
  work.catch(() => undefined);
  return Promise.race([work, aborted]);
}
