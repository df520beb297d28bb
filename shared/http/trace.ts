import type { Random } from '../time/clock.js';

const requestIdPattern = /^[\x21-\x7e]{1,128}$/;
// W3C Trace Context level 1, version 00: version-traceid-parentid-flags
const traceparentPattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export interface Trace {
  readonly requestId: string;
  readonly traceparent: string;
  readonly traceId: string;
  /** What the caller sent, when it is well-formed: the parent of this request's span, and whether it is recorded. */
  readonly parent?: string;
}

/**
 * The request's identity: passed on when the caller sent a well-formed one, made when it did not. A malformed header is
 * replaced, never echoed. The parent id is ours, so that the next hop's parent is this one.
 */
export function traceOf(requestId: string | undefined, traceparent: string | undefined, random: Random): Trace {
  const [, sentTraceId, , flags = '01'] = traceparentPattern.exec(traceparent ?? '') ?? [];
  const isSent = sentTraceId !== undefined && !/^0+$/.test(sentTraceId);
  const traceId = isSent ? sentTraceId : hex(32, random);
  return {
    requestId: requestId !== undefined && requestIdPattern.test(requestId) ? requestId : traceId,
    traceparent: `00-${traceId}-${hex(16, random)}-${flags}`,
    traceId,
    ...(isSent && traceparent !== undefined ? { parent: traceparent } : {}),
  };
}

function hex(digits: number, random: Random): string {
  let text = '';
  while (text.length < digits) text += Math.floor(random() * 2 ** 32).toString(16).padStart(8, '0'); // prettier-ignore
  return text.slice(0, digits);
}
