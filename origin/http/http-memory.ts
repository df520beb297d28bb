import type { ServerResponse } from 'node:http';
import { type LentMemory, MemoryPool } from '../memory/memory-pool.js';

/** Bodies are given memory when their headers have come: so much at most, whatever the headers promise. */
const bodiesBytesMax = 64 * 1024 * 1024;

/** The memory of what comes and goes over HTTP. */
export class HttpMemory {
  readonly #bodies = new MemoryPool({ lentBytesMax: bodiesBytesMax });
  readonly #answers = new MemoryPool();

  /** For a request's body; see MemoryPool.lend. Always to be given back. */
  body(bytes: number, alignedAt: number): LentMemory | undefined {
    return this.#bodies.lend(bytes, alignedAt);
  }

  /** For an answer's body, to be written as a whole. It comes back by itself when the system has taken all of it. */
  answer(bytes: number, outgoing: ServerResponse): Uint8Array {
    const lent = outgoing.destroyed ? undefined : this.#answers.lend(bytes);
    if (lent === undefined) return new Uint8Array(bytes);
    outgoing.once('finish', () => lent.giveBack(true));
    outgoing.once('close', () => lent.giveBack(false));
    return lent.bytes;
  }
}
