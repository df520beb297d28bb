/** What is smaller is not worth it. */
export const lentBytesMin = 32 * 1024;
/** And what is larger is rare. */
export const lentBytesMax = 4 * 1024 * 1024;
const alignment = 8;

/** A piece of memory for one use. */
export interface LentMemory {
  readonly bytes: Uint8Array;
  /** `isUnused`: nobody reads it any more, so that somebody else may write into it. Only the first call counts. */
  giveBack(isUnused: boolean): void;
}

export interface MemoryPoolOptions {
  /** What is kept for the next at most. */
  readonly idleBytesMax?: number;
  /** What may be lent at a time: for those who always give back. Default: no limit. */
  readonly lentBytesMax?: number;
}

/**
 * Memory that is used again and again. A fresh array for each body and each answer is garbage outside of V8's heap, which
 * V8 answers by collecting all of its heap: at 1,500 bodies of 110 KB a second, or 80 answers of 1 MB, that took a third
 * to half of the server's processor time.
 */
export class MemoryPool {
  readonly #options: Required<MemoryPoolOptions>;
  readonly #idle = new Map<number, ArrayBuffer[]>();
  #idleBytes = 0;
  #lentBytes = 0;

  constructor(options: MemoryPoolOptions = {}) {
    this.#options = { idleBytesMax: 32 * 1024 * 1024, lentBytesMax: Infinity, ...options };
  }

  /**
   * For `bytes` bytes, that with the index `alignedAt` at a multiple of 8; undefined when these are too few or too many,
   * or too much is lent. What is in it is somebody else's: it must be overwritten before anyone reads it.
   */
  lend(bytes: number, alignedAt = 0): LentMemory | undefined {
    if (bytes < lentBytesMin || bytes > lentBytesMax) return undefined;
    const size = sizeFor(bytes + alignment);
    if (this.#lentBytes + size > this.#options.lentBytesMax) return undefined;
    const memory = this.#take(size);
    this.#lentBytes += size;
    let isLent = true;
    return {
      bytes: new Uint8Array(memory, (alignment - (alignedAt % alignment)) % alignment, bytes),
      giveBack: (isUnused) => {
        if (!isLent) return;
        isLent = false;
        this.#lentBytes -= size;
        if (isUnused) this.#keep(memory);
      },
    };
  }

  #take(size: number): ArrayBuffer {
    const idle = this.#idle.get(size)?.pop();
    if (idle === undefined) return Buffer.allocUnsafeSlow(size).buffer;
    this.#idleBytes -= size;
    return idle;
  }

  #keep(memory: ArrayBuffer): void {
    const size = memory.byteLength;
    if (this.#idleBytes + size > this.#options.idleBytesMax) this.#forget(); // other sizes are asked for now
    if (this.#idleBytes + size > this.#options.idleBytesMax) return;
    this.#idleBytes += size;
    const idle = this.#idle.get(size);
    if (idle === undefined) this.#idle.set(size, [memory]);
    else idle.push(memory);
  }

  #forget(): void {
    this.#idle.clear();
    this.#idleBytes = 0;
  }
}

/** Powers of two and the middles between them: few sizes, a third of each wasted at most. */
function sizeFor(bytes: number): number {
  const power = 2 ** Math.ceil(Math.log2(bytes));
  return bytes <= 0.75 * power ? 0.75 * power : power;
}
