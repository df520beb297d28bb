import { authorize, refusalError } from '../../shared/auth/authorize.js';
import type { KeyRings } from '../../shared/auth/key-rings.js';
import { bearerToken } from '../../shared/auth/keys.js';
import { BrinkError, toBrinkError } from '../../shared/errors/brink-error.js';
import { causeRow } from '../../shared/http/cause-row.js';
import { errorResponse } from '../../shared/http/responses.js';
import { parseAccept } from '../../shared/protocol/accept.js';
import type { Log } from '../engine/log.js';
import { contentTypeOf, type ExpositionFormat } from './exposition.js';
import type { Metrics } from './metrics.js';

export const metricsPath = '/metrics';

export interface MetricsHandlerParts {
  readonly metrics: Pick<Metrics, 'render' | 'observeRequest'>;
  /** A function, because keys change while the server runs. */
  readonly rings: () => KeyRings;
  readonly log: Log;
  /** Milliseconds, monotonic. */
  readonly nowMs?: () => number;
}

/** Answers `GET /metrics`, and everything else with `{error, code}`. Never rejects. */
export function metricsHandler(parts: MetricsHandlerParts): (request: Request) => Promise<Response> {
  const { metrics, log, nowMs = () => performance.now() } = parts;
  return async (request) => {
    const startedAtMs = nowMs();
    let code: string | undefined;
    const response = await answer(request, parts).catch((thrown: unknown) => {
      const error = toBrinkError(thrown);
      if (error.cause !== undefined) log(causeRow(error, { operation: 'metrics' }));
      ({ code } = error);
      const refusal = errorResponse(error);
      if (error.code === 'method-not-allowed') refusal.headers.set('allow', 'GET, HEAD');
      return refusal;
    });
    metrics.observeRequest({
      protocol: 'rest',
      operation: 'metrics',
      status: response.status,
      ...(code === undefined ? {} : { code }),
      ms: nowMs() - startedAtMs,
      bytesIn: 0,
      bytesOut: Number(response.headers.get('content-length') ?? 0),
    });
    return response;
  };
}

async function answer(request: Request, { metrics, rings }: MetricsHandlerParts): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname !== metricsPath) {
    throw new BrinkError('unknown-route', `expected the path ${metricsPath}, got another one`);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new BrinkError('method-not-allowed', `expected GET or HEAD for ${metricsPath}, got another method`);
  }
  const token = bearerToken(request.headers.get('authorization') ?? undefined);
  const verdict = await authorize('metrics', token, rings());
  if (verdict.kind !== 'allowed') throw refusalError(verdict.kind, 'metrics');
  const format = formatFor(request.headers.get('accept') ?? undefined);
  const body = Buffer.from(await metrics.render(format));
  return new Response(request.method === 'HEAD' ? null : body, {
    headers: {
      'content-type': contentTypeOf[format],
      'content-length': String(body.byteLength),
      'cache-control': 'no-store',
    },
  });
}

/** OpenMetrics for who names it and does not prefer the older format, as Prometheus does; else what every scraper reads. */
function formatFor(accept: string | undefined): ExpositionFormat {
  const accepted = parseAccept(accept);
  const openmetrics = 'application/openmetrics-text';
  if (!accepted.names(openmetrics)) return 'prometheus';
  return accepted.quality(openmetrics) >= accepted.quality('text/plain') ? 'openmetrics' : 'prometheus';
}
