import { type BrinkError } from '../errors/brink-error.js';
import { headers } from '../protocol/headers.js';
import type { Answer, Attempt, CallReport } from '../serve/call.js';

/** JSON with the headers that every answer has. */
export function jsonResponse(body: unknown, status = 200, extra: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...extra },
  });
}

const retryAfterMsDefault = 1_000;

/** The headers that an error has by itself. */
export function errorHead({ status, retryAfterMs = retryAfterMsDefault }: BrinkError): Record<string, string> {
  const head: Record<string, string> = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  if (status === 429 || status === 503) head['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  if (status === 401) head['www-authenticate'] = 'Bearer';
  return head;
}

/** The one mapper from errors to HTTP. What is internal stays in `cause`, for the log. */
export function errorResponse(error: BrinkError, report: CallReport = {}): Response {
  const extra = errorHead(error);
  if (report.ref !== undefined) {
    extra[headers.version] = report.ref.version;
    extra[headers.digest] = report.ref.digest;
  }
  if (report.epoch !== undefined) extra[headers.epoch] = String(report.epoch);
  if (report.attempts !== undefined) extra[headers.attempts] = attemptsText(report.attempts);
  return jsonResponse({ error: error.message, code: error.code }, error.status, extra);
}

/** An answer of the data plane, with where it came from. */
export function answerResponse(model: string, answer: Answer, totalMs: number): Response {
  const { body, ref } = answer;
  const out: Record<string, string> = {
    'content-type': body.contentType,
    'cache-control': 'no-store',
    vary: 'accept-encoding',
    [headers.model]: model,
    [headers.version]: ref.version,
    [headers.digest]: ref.digest,
    [headers.servedBy]: answer.servedBy,
    [headers.epoch]: String(answer.epoch),
    'server-timing': serverTiming(answer.attempts, totalMs),
  };
  if (body.inferenceHeaderLength !== undefined) out[headers.inferenceHeaderLength] = String(body.inferenceHeaderLength);
  if (answer.attempts.length > 0) out[headers.attempts] = attemptsText(answer.attempts);
  if (body.contentEncoding === undefined) return new Response(body.bytes, { status: 200, headers: out });
  out['content-encoding'] = body.contentEncoding;
  // A Worker would compress again what says that it is compressed.
  return new Response(body.bytes, { status: 200, headers: out, encodeBody: 'manual' });
}

/** `edge:heap-exhausted, origin:ok`. */
export function attemptsText(attempts: readonly Attempt[]): string {
  return attempts.map(({ tier, failure }) => `${tier}:${failure ?? 'ok'}`).join(', ');
}

function serverTiming(attempts: readonly Attempt[], totalMs: number): string {
  const parts = attempts.map(({ tier, ms, failure }) =>
    failure === undefined ? `${tier};dur=${ms.toFixed(1)}` : `${tier};desc="${failure}";dur=${ms.toFixed(1)}`,
  );
  return [...parts, `total;dur=${totalMs.toFixed(1)}`].join(', ');
}
