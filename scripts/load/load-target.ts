import type { HttpClient } from '../client/http-client.js';
import { modelPath, wishHeaders } from '../commands/data-plane.js';
import { UsageError } from '../commands/usage-error.js';
import type { LoadFlags } from './load-flags.js';
import type { LoadTarget } from './load-plan.js';
import { modelInferMethod } from './traffic/grpc-request.js';

const grpcPortDefault = 8001;

/** Where the load goes, and with what headers. */
export function loadTarget(model: string, flags: LoadFlags, { url, authorization }: HttpClient): LoadTarget {
  const { version, protocol, tier, originUrl, timeout, predict } = flags;
  if (tier !== undefined && originUrl !== undefined) throw new UsageError('expected either --tier or --origin-url');
  const wishes = { timeout, serveOn: tier } as Parameters<typeof wishHeaders>[0];
  const headers = { ...authorization, ...wishHeaders(wishes) };
  if (protocol !== 'grpc') {
    const path =
      predict === true ? `${modelPath('/v1', model, version)}/predict` : `${modelPath('/v2', model, version)}/infer`;
    const { origin, pathname } = new URL(url);
    return { kind: 'http', url: origin, method: 'POST', path: pathname.replace(/\/$/, '') + path, headers };
  }
  if (originUrl === undefined) throw new UsageError('--protocol grpc goes to an origin: say which with --origin-url');
  const { hostname, protocol: scheme } = new URL(originUrl);
  const address = flags.grpc ?? `${hostname}:${grpcPortDefault}`;
  return { kind: 'grpc', address, tls: scheme === 'https:', method: modelInferMethod, metadata: headers };
}
