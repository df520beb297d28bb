import { BrinkError } from '../../shared/errors/brink-error.js';
import { isErrorCode } from '../../shared/errors/error-codes.js';
import { mediaType } from '../../shared/http/call-headers.js';

/** A failed question to the origin, and what it says about the origin's health. */
export class OriginError extends BrinkError {
  /** Undefined: it says nothing. */
  readonly originIsHealthy: boolean | undefined;

  constructor(error: BrinkError, originIsHealthy: boolean | undefined) {
    const { cause, retryAfterMs } = error;
    super(error.code, error.message, { cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.originIsHealthy = originIsHealthy;
  }
}

/** The origin knows a newer release than the one that this request was planned on. */
const releaseChanged: ReadonlySet<string> = new Set(['version-fenced', 'unknown-version', 'pin-mismatch']);
/** Unauthenticated, forbidden, unknown there, method, timeout, conflict, too many: between edge and origin. */
const ours: ReadonlySet<number> = new Set([401, 403, 404, 405, 408, 409, 429]);
/** The origin works, and has no time for this, or was told not to: nothing that leaving it alone would mend. */
const load: ReadonlySet<string> = new Set([
  'deadline-exceeded',
  'queue-full',
  'overloaded',
  'unloaded',
  'too-many-requests',
  'signature-refused',
]);

/** What an answer that is not 200 means: the caller's own fault is passed on, the rest is between edge and origin. */
export function refusalOf(response: Response, bytes: Uint8Array): OriginError {
  const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
  const options = Number.isFinite(retryAfterS) ? { retryAfterMs: retryAfterS * 1_000 } : {};
  const body = errorBody(response, bytes);
  if (body === undefined) return failed(`status ${response.status}`, response.status < 500, options);
  const { code, error } = body;
  if (releaseChanged.has(code)) {
    return new OriginError(
      new BrinkError('lease-expired', 'the release has changed since the request was planned'),
      true,
    );
  }
  if (code === 'deadline-exceeded') return new OriginError(new BrinkError(code, error, options), undefined);
  if (load.has(code)) return failed(code, undefined, options);
  if (response.status >= 500 || ours.has(response.status)) {
    return failed(code, response.status < 500, { ...options, cause: error });
  }
  return new OriginError(new BrinkError(code, error, options), true);
}

function failed(
  what: string,
  healthy: boolean | undefined,
  options: { cause?: unknown; retryAfterMs?: number },
): OriginError {
  return new OriginError(new BrinkError('origin-failed', `the origin answered ${what}`, options), healthy);
}

function errorBody(response: Response, bytes: Uint8Array): { code: BrinkError['code']; error: string } | undefined {
  if (mediaType(response.headers.get('content-type') ?? '') !== 'application/json') return undefined;
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof body !== 'object' || body === null || !('code' in body) || !('error' in body)) return undefined;
    return isErrorCode(body.code) && typeof body.error === 'string'
      ? { code: body.code, error: body.error }
      : undefined;
  } catch {
    return undefined;
  }
}
