import type { IncomingMessage } from 'node:http';
import type { BodySource } from '../../shared/http/body-source.js';
import type { PieceReader } from '../../shared/http/piece-reader.js';
import type { LentMemory } from '../memory/memory-pool.js';
import type { HttpMemory } from './http-memory.js';

/**
 * A request's body straight from Node's parser. `Request.body` would make a Request, a ReadableStream and an adapter
 * between the two for it, which takes longer than all else that is done for a small request.
 */
export function bodyOfIncoming(incoming: IncomingMessage, httpMemory: HttpMemory): BodySource {
  const { 'content-length': contentLength, 'content-encoding': contentEncoding } = incoming.headers;
  let lent: LentMemory | undefined;
  return {
    contentLength,
    contentEncoding,
    reader: () => new IncomingReader(incoming),
    memory(alignedAt) {
      lent = httpMemory.body(Number(contentLength), alignedAt);
      return lent?.bytes;
    },
    release: (isUnused) => lent?.giveBack(isUnused),
  };
}

type Read = ReadableStreamReadResult<Uint8Array>;

class IncomingReader implements PieceReader {
  readonly #incoming: IncomingMessage;
  readonly #pieces: Uint8Array[] = [];
  #state: 'open' | 'ended' | 'broken' = 'open';
  #wake: () => void = () => undefined;

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
    incoming.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onBreak).on('close', this.#onBreak);
    if (incoming.destroyed) this.#onBreak();
  }

  async read(): Promise<Read> {
    for (;;) {
      const value = this.#pieces.shift();
      if (value !== undefined) return { done: false, value };
      if (this.#state === 'ended') return { done: true, value: undefined };
      if (this.#state === 'broken') throw new Error('the connection broke off');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  cancel(): Promise<void> {
    this.releaseLock();
    return Promise.resolve();
  }

  /** The rest of the body stays where it is: the server ends or drains the connection once it has answered. */
  releaseLock(): void {
    this.#stopListening();
    this.#incoming.on('error', ignore); // what nobody reads any more may still break
    this.#incoming.pause();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#pieces.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#wake();
  };

  readonly #onEnd = (): void => this.#finish('ended');
  readonly #onBreak = (): void => this.#finish('broken');

  #finish(state: 'ended' | 'broken'): void {
    if (this.#state === 'open') this.#state = state;
    this.#stopListening();
    this.#incoming.on('error', ignore);
    this.#wake();
  }

  #stopListening(): void {
    this.#incoming.off('data', this.#onData).off('end', this.#onEnd);
    this.#incoming.off('error', this.#onBreak).off('close', this.#onBreak);
  }
}

function ignore(): void {
  // Whoever waited for the body has been told already.
}
