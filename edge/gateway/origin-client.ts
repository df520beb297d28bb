import { BrinkError, toBrinkError } from '../../shared/errors/brink-error.js';
import { isErrorCode } from '../../shared/errors/error-codes.js';
import { mediaType } from '../../shared/http/call-headers.js';
import { headers } from '../../shared/protocol/headers.js';
import type { VersionRef } from '../../shared/release/release.js';
import type { Call, EncodedBody } from '../../shared/serve/call.js';
import type { Deadline } from '../../shared/time/deadline.js';

/** An answer's size limit: what an origin may make an isolate hold. */
const answerBytesMax = 64 * 1024 * 1024;

export interface OriginAnswer {
  readonly body: EncodedBody;
  /** The newest epoch that the origin has seen. */
  readonly epoch: number;
}

export interface OriginOptions {
  readonly url: URL;
  readonly key: string | undefined;
  readonly fetch: (request: Request) => Promise<Response>;
}

/** A failed question to the origin, and what it says about the origin's health. */
export class OriginError extends BrinkError {
  /** Undefined: it says nothing (the caller's own deadline was short). */
  readonly originIsHealthy: boolean | undefined;

  constructor(error: BrinkError, originIsHealthy: boolean | undefined) {
    const { cause, retryAfterMs } = error;
    super(error.code, error.message, { cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.originIsHealthy = originIsHealthy;
  }
}

/** A deadline shorter than this that passes says nothing about the origin. */
const fairBudgetMs = 1_000;

/**
 * Passes a call on to the origin as it came, pinned to version and digest, with the time that is left. Fails with
 * `origin-unreachable`, `origin-failed`, `deadline-exceeded`, or the caller's own fault as the origin found it; always
 * an OriginError.
 */
export async function askOrigin(
  options: OriginOptions,
  call: Call,
  ref: VersionRef,
  epoch: number,
  deadline: Deadline,
): Promise<OriginAnswer> {
  const request = originRequest(options, call, ref, epoch, deadline);
  const hasFairTime = deadline.leftMs() >= fairBudgetMs;
  const { response, bytes } = await exchange(options, request, deadline).catch((error: unknown) => {
    const late = error instanceof BrinkError && error.code === 'deadline-exceeded';
    throw new OriginError(toBrinkError(error), late && !hasFairTime ? undefined : false);
  });
  if (response.status !== 200) throw refusal(response, bytes);
  const digest = response.headers.get(headers.digest);
  if (digest !== ref.digest) {
    throw new OriginError(new BrinkError('origin-failed', 'the origin answered with another version than asked'), true);
  }
  const length = response.headers.get(headers.inferenceHeaderLength);
  return {
    body: {
      contentType: response.headers.get('content-type') ?? 'application/octet-stream',
      inferenceHeaderLength: length === null ? undefined : Number(length),
      bytes,
    },
    epoch: Number(response.headers.get(headers.epoch) ?? 0),
  };
}

function originRequest(
  options: OriginOptions,
  call: Call,
  ref: VersionRef,
  epoch: number,
  deadline: Deadline,
): Request {
  const path = call.kind === 'infer' ? `v2/models/${call.model}/infer` : `v1/models/${call.model}/predict`;
  const url = new URL(path, withSlash(options.url));
  for (const [name, value] of Object.entries(call.parameters)) url.searchParams.append(name, value);
  const out = new Headers({
    'content-type': call.body.contentType === '' ? 'application/json' : call.body.contentType,
    'accept-encoding': 'identity',
    [headers.timeoutMs]: String(Math.max(1, Math.floor(deadline.leftMs()))),
    [headers.pin]: `${ref.version}@${ref.digest}`,
    [headers.epoch]: String(epoch),
    [headers.requestId]: call.requestId,
    [headers.traceparent]: call.traceparent,
  });
  if (call.accept !== undefined) out.set('accept', call.accept);
  if (options.key !== undefined) out.set('authorization', `Bearer ${options.key}`);
  if (call.body.inferenceHeaderLength !== undefined) {
    out.set(headers.inferenceHeaderLength, call.body.inferenceHeaderLength);
  }
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(deadline.leftMs())));
  return new Request(url, { method: 'POST', headers: out, body: call.body.bytes as Uint8Array<ArrayBuffer>, signal });
}

function withSlash(url: URL): URL {
  return url.pathname.endsWith('/') ? url : new URL(`${url.pathname}/`, url);
}

async function exchange(
  options: OriginOptions,
  request: Request,
  deadline: Deadline,
): Promise<{ response: Response; bytes: Uint8Array }> {
  const response = await deadline.bound(reach(options, request, deadline), 'the origin was asked');
  const bytes = new Uint8Array(await deadline.bound(readAnswer(response), 'the origin answered'));
  return { response, bytes };
}

async function reach(options: OriginOptions, request: Request, deadline: Deadline): Promise<Response> {
  try {
    return await options.fetch(request);
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') throw deadline.exceeded('the origin was asked');
    throw new BrinkError('origin-unreachable', 'the origin could not be reached', { cause: error });
  }
}

async function readAnswer(response: Response): Promise<ArrayBuffer> {
  const declared = Number(response.headers.get('content-length') ?? 0);
  if (declared > answerBytesMax) {
    await response.body?.cancel();
    throw new BrinkError(
      'origin-failed',
      `expected an answer of at most ${answerBytesMax} bytes from the origin, got ${declared}`,
    );
  }
  try {
    return await response.arrayBuffer();
  } catch (error) {
    throw new BrinkError('origin-unreachable', "the origin's answer broke off", { cause: error });
  }
}

/** A 4xx of the origin is the caller's fault and is passed on; of the edge's own faults (key, pin) it is a failure. */
function refusal(response: Response, bytes: Uint8Array): OriginError {
  const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
  const options = Number.isFinite(retryAfterS) ? { retryAfterMs: retryAfterS * 1_000 } : {};
  const body = errorBody(response, bytes);
  const isCallers = body !== undefined && response.status >= 400 && response.status < 500 && !ours.has(response.status);
  if (isCallers) return new OriginError(new BrinkError(body.code, body.error, options), true);
  const what = body === undefined ? `status ${response.status}` : body.code;
  const failed = new BrinkError('origin-failed', `the origin answered ${what}`, { ...options, cause: body?.error });
  return new OriginError(failed, response.status < 500 && response.status !== 429);
}

/** Unauthenticated, forbidden, unknown there, method, pin, too many: between edge and origin, not with the caller. */
const ours = new Set([401, 403, 404, 405, 408, 409, 429]);

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
