import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import type { BrinkError } from '../../shared/errors/brink-error.js';
import { attemptsText } from '../../shared/http/responses.js';
import { headers } from '../../shared/protocol/headers.js';
import type { CallReport } from '../../shared/serve/call.js';

export type StatusName = keyof typeof status;

/** The metadata keys that have no HTTP header of the same meaning. */
export const metadataKeys = {
  /** The stable code of a failure, finer than gRPC's status. */
  code: 'x-brink-code',
  retryAfter: 'retry-after',
  /** How gRPC's own retries are told when to try again (gRFC A6). */
  pushback: 'grpc-retry-pushback-ms',
} as const;

const retryAfterMsDefault = 1_000;

/**
 * gRPC's status for each of our HTTP statuses. 503 is UNAVAILABLE, a full queue and an overload among them: it is what
 * clients and their retry policies try again, elsewhere if they can, and nothing has run. RESOURCE_EXHAUSTED is left to
 * 429, where the caller itself is to slow down, and to 413, because it is what gRPC answers to a message over its limit.
 */
const nameOfStatus: Readonly<Record<number, StatusName>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'UNIMPLEMENTED',
  406: 'INVALID_ARGUMENT',
  408: 'DEADLINE_EXCEEDED',
  409: 'FAILED_PRECONDITION',
  413: 'RESOURCE_EXHAUSTED',
  415: 'UNIMPLEMENTED', // an encoding of messages that is not ours, by gRPC's own rule
  422: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

export function statusNameOf(error: BrinkError): StatusName {
  return nameOfStatus[error.status] ?? 'UNKNOWN';
}

/** How long a caller should wait who was turned away for load; undefined for other failures. */
export function retryAfterMsOf(error: BrinkError): number | undefined {
  return error.status === 429 || error.status === 503 ? (error.retryAfterMs ?? retryAfterMsDefault) : undefined;
}

/** What an answer and a failure say about themselves, as REST does in its headers. */
export function setReport(metadata: Metadata, { ref, epoch, servedBy, attempts }: CallReport): void {
  if (ref !== undefined) {
    metadata.set(headers.version, ref.version);
    metadata.set(headers.digest, ref.digest);
  }
  if (epoch !== undefined) metadata.set(headers.epoch, String(epoch));
  if (servedBy !== undefined) metadata.set(headers.servedBy, servedBy);
  if (attempts !== undefined && attempts.length > 0) metadata.set(headers.attempts, attemptsText(attempts));
}

/** The one mapper from errors to gRPC. What is internal stays in `cause`, for the log. */
export function serviceError(error: BrinkError, metadata = new Metadata()): ServiceError {
  metadata.set(metadataKeys.code, error.code);
  const retryAfterMs = retryAfterMsOf(error);
  if (retryAfterMs !== undefined) {
    metadata.set(metadataKeys.retryAfter, String(Math.max(1, Math.ceil(retryAfterMs / 1_000))));
    metadata.set(metadataKeys.pushback, String(Math.ceil(retryAfterMs)));
  }
  return Object.assign(new Error(error.message), {
    code: status[statusNameOf(error)],
    details: error.message,
    metadata,
  });
}
