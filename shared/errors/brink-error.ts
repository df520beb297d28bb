import { type ErrorCode, isErrorCode, statusOfCode } from './error-codes.js';

export interface BrinkErrorOptions {
  readonly cause?: unknown;
  /** How long the caller should wait before it tries again, in milliseconds; sent as `retry-after`. */
  readonly retryAfterMs?: number;
}

/**
 * The one error that may reach a caller. Its message says what was expected and what came, and holds nothing internal:
 * no path, no stack, no text of onnxruntime. What is internal goes into `cause` and from there to the log.
 *
 * One class with a table of codes, not a class per code: errors cross isolates and processes as plain data,
 * where `instanceof` says nothing and the code says all.
 */
export class BrinkError extends Error {
  override readonly name = 'BrinkError';
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: BrinkErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }

  get status(): number {
    return statusOfCode[this.code];
  }
}

/** A failure as it crosses an isolate, a worker thread, a process or the wire. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** What a call across a boundary answers: RPC and message ports keep neither class nor code of a thrown error. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Any thrown thing as a BrinkError; what is not one becomes `internal`, with the original as its cause. */
export function toBrinkError(error: unknown): BrinkError {
  if (error instanceof BrinkError) return error;
  return new BrinkError('internal', 'the server failed in a way it did not expect', { cause: error });
}

export function toFailure(error: unknown): Failure {
  const { code, message, retryAfterMs } = toBrinkError(error);
  return retryAfterMs === undefined ? { code, message } : { code, message, retryAfterMs };
}

export function fromFailure(failure: Failure): BrinkError {
  const options = failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs };
  return new BrinkError(isErrorCode(failure.code) ? failure.code : 'internal', failure.message, options);
}

/** Runs `work` and answers its value or its failure as data; `onInternal` gets the cause of what was not expected. */
export async function outcomeOf<T>(work: () => Promise<T>, onInternal: (cause: unknown) => void): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!(error instanceof BrinkError)) onInternal(error);
    else if (error.cause !== undefined) onInternal(error.cause);
    return { ok: false, failure: toFailure(error) };
  }
}

/** The value of an outcome, or its failure thrown. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw fromFailure(outcome.failure);
}
