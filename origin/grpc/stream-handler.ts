import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { answerInfer, idOfMessage } from './answer-infer.js';
import { CallScope, type ScopeOf } from './call-scope.js';
import { streamError } from './encode-response.js';
import type { GrpcParts } from './grpc-parts.js';
import { retryAfterMsOf, serviceError } from './grpc-status.js';
import { bufferOf, callerLeft } from './unary-handler.js';

type Stream = ServerDuplexStream<Buffer, Buffer>;

/** Streams that are open, so that a server that ends can end them. */
export class OpenStreams {
  readonly #parts: GrpcParts;
  readonly #streams = new Set<InferStream>();
  #draining = false;

  constructor(parts: GrpcParts) {
    this.#parts = parts;
  }

  /** `ModelStreamInfer`. */
  readonly handler: handleBidiStreamingCall<Buffer, Buffer> = (stream) => {
    const open = new InferStream(this.#parts, stream, () => this.#streams.delete(open));
    this.#streams.add(open);
    open.start();
    if (this.#draining) open.drain();
  };

  /** Takes no more messages; what was taken is answered, then each stream ends with `shutting-down`. */
  drain(): void {
    this.#draining = true;
    for (const stream of this.#streams) stream.drain();
  }
}

/**
 * One `ModelStreamInfer`: each message is a request of its own, checked and answered as a unary one, and several are
 * answered at once, in the order in which they are done. A failure is an answer, and the stream goes on. No more
 * messages are read than are being answered and read by the client.
 */
class InferStream {
  readonly #parts: GrpcParts;
  readonly #stream: Stream;
  readonly #onEnd: () => void;
  readonly #gone = new AbortController();
  readonly #scope: CallScope;
  readonly #of: ScopeOf;
  #inFlight = 0;
  #messages = 0;
  #halfClosed = false;
  #draining = false;
  #ended = false;

  constructor(parts: GrpcParts, stream: Stream, onEnd: () => void) {
    this.#parts = parts;
    this.#stream = stream;
    this.#onEnd = onEnd;
    this.#of = { call: stream, protocol: 'grpc-stream', method: 'ModelStreamInfer', operation: 'infer' };
    this.#scope = new CallScope(parts, this.#of);
  }

  /** Who may not infer is told so before any message is read. */
  start(): void {
    this.#stream.once('cancelled', () => this.#leave());
    this.#scope.authorize('infer').then(
      () => this.#read(),
      (thrown: unknown) => {
        const error = this.#scope.failure(thrown);
        this.#end(error);
        this.#scope.finish(error, 0);
      },
    );
  }

  drain(): void {
    this.#draining = true;
    this.#stream.pause();
    this.#endWhenDone();
  }

  #read(): void {
    if (this.#ended) return;
    this.#stream.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#stream.on('end', () => {
      this.#halfClosed = true;
      this.#endWhenDone();
    });
    if (this.#draining) this.drain();
  }

  #take(bytes: Buffer): void {
    this.#inFlight += 1;
    this.#messages += 1;
    if (this.#inFlight >= this.#parts.limits.streamMessagesMax) this.#stream.pause();
    const requestId = `${this.#scope.trace.requestId.slice(0, 112)}-${this.#messages}`;
    const scope = new CallScope(this.#parts, { ...this.#of, requestId });
    scope.bytesIn = bytes.length;
    void this.#answer(bytes, scope).then((answer) => this.#write(answer));
  }

  /** Never rejects. */
  async #answer(bytes: Buffer, scope: CallScope): Promise<Buffer> {
    try {
      await scope.authorize('infer'); // keys may have changed since the stream was opened
      const answer = await answerInfer(scope, { bytes, framing: 'stream', signal: this.#gone.signal });
      scope.report.attempts = answer.attempts;
      scope.finish(undefined, answer.body.bytes.length);
      return bufferOf(answer.body.bytes);
    } catch (thrown) {
      const error = scope.failure(thrown);
      const retryAfterMs = retryAfterMsOf(error);
      const { code, message: text } = error;
      const of = { id: idOfMessage(bytes, scope), model: scope.model };
      const message = streamError({ text, code, retryAfterMs, ...of }).finish();
      scope.finish(error, message.length);
      return message;
    }
  }

  /** A message counts as in flight until its answer has left, so that a client that does not read is not read from. */
  #write(answer: Buffer): void {
    if (this.#ended) return;
    this.#stream.write(answer, () => {
      this.#inFlight -= 1;
      if (!this.#draining && this.#inFlight < this.#parts.limits.streamMessagesMax) this.#stream.resume();
      this.#endWhenDone();
    });
  }

  #endWhenDone(): void {
    if (this.#inFlight > 0) return;
    if (this.#halfClosed) this.#end(undefined);
    else if (this.#draining) this.#end(new BrinkError('shutting-down', 'the server is shutting down'));
  }

  #end(error: BrinkError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    if (error === undefined) this.#stream.end(this.#scope.trailers());
    else this.#stream.emit('error', serviceError(error, this.#scope.trailers()));
  }

  /** Also said of a stream that has ended as it should. */
  #leave(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    this.#gone.abort(callerLeft);
  }
}
