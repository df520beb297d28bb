import { closeSync, openSync, readSync, unlinkSync, writevSync } from 'node:fs';
import { join } from 'node:path';

/** Payloads below travel in their frame: a call of the system more costs as much as they do. */
export const slabBytesMin = 32 * 1024;
/** And so do those above: a slab keeps the memory of the largest. */
export const slabBytesMax = 64 * 1024 * 1024;
/** Pieces that one `writev` takes: IOV_MAX of Linux. */
const piecesMax = 1024;
/** Memory that looks like files. Linux has it; elsewhere frames hold all. */
const sharedMemoryDir = '/dev/shm';

/** Where what lies in a slab is read to: its beginning at a multiple of 8 bytes. */
export interface SlabCopy {
  readonly bytes: Uint8Array;
  readonly giveBack?: () => void;
}

const ownMemory = (bytes: number): SlabCopy => ({ bytes: Buffer.allocUnsafeSlow(bytes) });

/**
 * Memory that server and runner share, as a file without a name: tensors are put here and read from here, and the frame
 * on the socket says so. A Unix socket takes about 200 KB at a time: more than that needs the receiver to run in
 * between, again and again, and each time costs two wake-ups. One writes, then tells; the other reads, then answers:
 * whoever writes again before that spoils it.
 */
export class Slab {
  readonly #fd: number;
  readonly #memoryFor: (bytes: number) => SlabCopy;
  #usable = true;
  #closed = false;

  /** `memoryFor`: what is read is copied there; default: into memory of its own. */
  constructor(fd: number, memoryFor = ownMemory) {
    this.#fd = fd;
    this.#memoryFor = memoryFor;
  }

  /** A new one; undefined where there is no shared memory to be had. Its file has no name any more. */
  static create(name: string, memoryFor = ownMemory): { slab: Slab; fd: number } | undefined {
    if (process.platform !== 'linux') return undefined;
    const path = join(sharedMemoryDir, name);
    try {
      const fd = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
      return { slab: new Slab(fd, memoryFor), fd };
    } catch {
      return undefined; // full, or not there: the socket does as well
    }
  }

  /** Puts the chunks at the beginning, one after the other. False, for good, when there is no room: use the frame. */
  write(chunks: readonly Uint8Array[], bytes: number): boolean {
    if (!this.#usable || bytes < slabBytesMin || bytes > slabBytesMax || chunks.length > piecesMax) return false;
    try {
      if (writevSync(this.#fd, chunks, 0) === bytes) return true;
    } catch {
      // No room in shared memory: containers often have little.
    }
    this.#usable = false;
    return false;
  }

  /** A copy of the first `bytes` bytes. Throws when there are fewer. */
  read(bytes: number): SlabCopy {
    if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > slabBytesMax) {
      throw new Error(`expected at most ${slabBytesMax} bytes of shared memory, got ${bytes}`);
    }
    const copy = this.#memoryFor(bytes);
    for (let at = 0; at < bytes;) {
      const read = readSync(this.#fd, copy.bytes, at, bytes - at, at);
      if (read === 0) throw new Error(`expected ${bytes} bytes of shared memory, there are ${at}`);
      at += read;
    }
    return copy;
  }

  close(): void {
    if (!this.#closed) closeSync(this.#fd);
    this.#closed = true;
    this.#usable = false;
  }
}
