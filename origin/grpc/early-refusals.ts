import { Metadata, type ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { ErrorCode } from '../../shared/errors/error-codes.js';
import { CallScope } from './call-scope.js';
import type { GrpcParts } from './grpc-parts.js';
import { metadataKeys, serviceError } from './grpc-status.js';

type InterceptedCall = Parameters<ServerInterceptor>[1];
type Status = Parameters<InterceptedCall['sendStatus']>[0];

/**
 * What grpc-js refuses by itself, before a handler sees the call, by how its text begins. Its own status for a message
 * that does not decompress is INTERNAL, which blames the server.
 */
const refusals: readonly (readonly [begins: string, code: ErrorCode, text: string | undefined])[] = [
  ['Failed to decompress message', 'malformed-encoding', 'expected a message that decompresses, got one that does not'],
  ['Received message that decompresses to', 'body-too-large', undefined],
  ['Received message larger than max', 'body-too-large', undefined],
  ['Received message compressed with unsupported', 'unsupported-encoding', "expected grpc-encoding 'gzip', 'deflate' or none, got another one"], // prettier-ignore
  ['Invalid grpc-timeout value', 'bad-header', 'expected grpc-timeout to be digits and a unit, got something else'],
  ['Received no request message', 'invalid-request', 'expected a message, got none'],
  ['Received a second request message', 'invalid-request', 'expected one message, got a second'],
  ['Deadline exceeded', 'deadline-exceeded', undefined],
];

/**
 * Gives early refusals the codes that all others have, and a row in the log; and bounds the time that the message of a
 * unary call takes to arrive, which grpc-js does not.
 */
export function earlyRefusals(parts: GrpcParts): ServerInterceptor {
  return ({ path, requestStream }, call) => {
    const guard = new EarlyCall(parts, call, path.slice(path.lastIndexOf('/') + 1));
    guard.translate();
    if (requestStream) guard.isHandedOver = true;
    else guard.boundArrival();
    // The call itself, not a ServerInterceptingCall around it: what grpc-js says of its own accord passes none.
    return call as unknown as ServerInterceptingCall;
  };
}

class EarlyCall {
  /** From then on the handler writes the rows. */
  isHandedOver = false;
  readonly #parts: GrpcParts;
  readonly #call: InterceptedCall;
  readonly #method: string;

  constructor(parts: GrpcParts, call: InterceptedCall, method: string) {
    this.#parts = parts;
    this.#call = call;
    this.#method = method;
  }

  translate(): void {
    const send = this.#call.sendStatus.bind(this.#call);
    this.#call.sendStatus = (sent) => send(this.#ownStatus(sent));
  }

  /** As `bodyReadMsMax` bounds a body over HTTP. */
  boundArrival(): void {
    const call = this.#call;
    const { bodyReadMsMax } = this.#parts.limitsOf();
    const cancel = this.#parts.schedule(() => {
      const text = `expected a message within ${bodyReadMsMax} ms, it took longer`;
      call.sendStatus(this.#refusal(new BrinkError('body-timeout', text)));
    }, bodyReadMsMax);
    const start = call.start.bind(call);
    call.start = (listener) =>
      start({
        onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
        onReceiveMessage: (message) => listener.onReceiveMessage(message),
        onReceiveHalfClose: () => {
          cancel();
          this.isHandedOver = true;
          listener.onReceiveHalfClose();
        },
        onCancel: () => {
          cancel();
          listener.onCancel();
        },
      });
  }

  #ownStatus(sent: Status): Status {
    if (sent.code === status.OK || (sent.metadata?.get(metadataKeys.code).length ?? 0) > 0) return sent;
    const known = refusals.find(([begins]) => sent.details.startsWith(begins));
    if (known === undefined) return sent;
    const [, code, text] = known;
    return this.#refusal(new BrinkError(code, text ?? sent.details));
  }

  #refusal(error: BrinkError): Status {
    const call = {
      metadata: new Metadata(), // the call's own are not to be had here
      getDeadline: () => this.#call.getDeadline(),
      getPeer: () => this.#call.getPeer(),
    };
    const scope = new CallScope(this.#parts, { call, protocol: 'grpc', method: this.#method, operation: 'unknown' });
    // A call that is late is not over for its handler.
    if (error.code !== 'deadline-exceeded' || !this.isHandedOver) scope.finish(error, 0);
    const { code, details, metadata } = serviceError(error, scope.trailers());
    return { code, details, metadata };
  }
}
