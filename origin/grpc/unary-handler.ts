import type { handleUnaryCall, ServerUnaryCall } from '@grpc/grpc-js';
import type { Operation } from '../../shared/auth/operations.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { answerInfer } from './answer-infer.js';
import { CallScope } from './call-scope.js';
import type { GrpcParts } from './grpc-parts.js';
import { serviceError } from './grpc-status.js';
import { answerServing, servingMethods } from './serving-methods.js';

type Unary = handleUnaryCall<Buffer, Buffer>;
type UnaryCall = ServerUnaryCall<Buffer, Buffer>;
type Work = (call: UnaryCall, scope: CallScope) => Promise<Buffer>;

/** Why a signal aborted; made once, because making the default reason costs more than all else of aborting. */
export const callerLeft = new BrinkError('cancelled', 'the caller has gone');

/** `ModelInfer`. */
export function inferHandler(parts: GrpcParts): Unary {
  return unaryHandler(parts, 'ModelInfer', 'infer', async (call, scope) => {
    const caller = new CallerPresence(call); // before the first wait: who leaves by then is not told of
    try {
      await scope.authorize('infer');
      const { signal } = caller;
      const { body, attempts } = await answerInfer(scope, { bytes: call.request, framing: 'unary', signal });
      scope.report.attempts = attempts;
      return bufferOf(body.bytes);
    } finally {
      caller.forget();
    }
  });
}

/** A method that runs no model. */
export function servingHandler(parts: GrpcParts, method: keyof typeof servingMethods): Unary {
  const { operation } = servingMethods[method];
  return unaryHandler(parts, method, operation, async (call, scope) => {
    await scope.authorize(operation);
    return answerServing(method, call.request, scope);
  });
}

/** A method of the protocol that has no meaning here. */
export function unsupportedHandler(parts: GrpcParts, method: string): Unary {
  return unaryHandler(parts, method, 'unknown', () => {
    const text = `expected a method that is supported, got ${method}: tensors travel in messages, and logs and traces are set where the server is configured`;
    return Promise.reject(new BrinkError('not-supported', text));
  });
}

/** Answers once, whatever happens, and writes the request's row when it has. */
function unaryHandler(parts: GrpcParts, method: string, operation: Operation | 'unknown', work: Work): Unary {
  return (call, callback) => {
    const scope = new CallScope(parts, { call, protocol: 'grpc', method, operation });
    scope.bytesIn = call.request.length;
    work(call, scope).then(
      (bytes) => {
        callback(null, bytes, scope.trailers());
        scope.finish(undefined, bytes.length);
      },
      (thrown: unknown) => {
        const error = scope.failure(thrown);
        callback(serviceError(error, scope.trailers()));
        scope.finish(error, 0);
      },
    );
  };
}

/**
 * Its signal aborts when the caller has gone or its deadline has passed; grpc-js says both with the same event, and says
 * it of every call that has been answered, too.
 */
class CallerPresence {
  readonly #call: UnaryCall;
  readonly #gone = new AbortController();

  constructor(call: UnaryCall) {
    this.#call = call;
    if (call.cancelled) this.#leave();
    else call.once('cancelled', this.#leave);
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  forget(): void {
    this.#call.off('cancelled', this.#leave);
  }

  readonly #leave = (): void => this.#gone.abort(callerLeft);
}

/** grpc-js copies with a method that only Buffers have. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
