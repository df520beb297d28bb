import { checkFrameBytes, decodeFrame, type Frame, frameBytesMax } from './frame.js';
import type { Slab } from './slab.js';

/** Small frames, and the beginnings of larger ones, arrive here. */
const scratchBytes = 64 * 1024;
const lengthBytes = 4;

/**
 * Cuts a stream of bytes into frames, each in memory of its own. It says where the next bytes belong, so that a socket
 * that reads into given memory (`onread` of node:net) puts what is large where it stays: from the kernel into the
 * frame, with no copy and no garbage between.
 */
export class FrameReader {
  readonly #bytesMax: number;
  readonly #slab: Slab | undefined;
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes);
  /** Bytes in `#scratch`, while no frame has begun. */
  #held = 0;
  #frame: Uint8Array<ArrayBuffer> | undefined;
  /** Bytes received of `#frame`, its length prefix included. */
  #received = 0;

  constructor({ bytesMax = frameBytesMax, slab }: { bytesMax?: number; slab?: Slab | undefined } = {}) {
    this.#bytesMax = bytesMax;
    this.#slab = slab;
  }

  /** Where the next bytes of the stream belong: never empty. */
  space(): Uint8Array {
    return this.#frame?.subarray(this.#received) ?? this.#scratch.subarray(this.#held);
  }

  /**
   * The frames that are complete now that `bytes` bytes have been put where `space` says. Throws for a frame over the
   * limit: the stream cannot be used any further.
   */
  filled(bytes: number): Frame[] {
    if (this.#frame === undefined) {
      this.#held += bytes;
      return this.#takeFromScratch();
    }
    this.#received += bytes;
    if (this.#received < this.#frame.byteLength) return [];
    const { buffer } = this.#frame;
    this.#frame = undefined;
    return [decodeFrame(buffer, this.#slab)];
  }

  /** The same for bytes that lie elsewhere. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    for (let at = 0; at < chunk.byteLength;) {
      const space = this.space();
      const piece = chunk.subarray(at, at + space.byteLength);
      space.set(piece);
      at += piece.byteLength;
      frames.push(...this.filled(piece.byteLength));
    }
    return frames;
  }

  #takeFromScratch(): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    while (this.#held - at >= lengthBytes && this.#frame === undefined) {
      const frame = this.#newFrame(this.#scratch.readUInt32LE(at));
      const taken = this.#scratch.subarray(at, Math.min(this.#held, at + frame.byteLength));
      frame.set(taken);
      at += taken.byteLength;
      if (taken.byteLength === frame.byteLength) {
        frames.push(decodeFrame(frame.buffer, this.#slab));
      } else {
        this.#frame = frame;
        this.#received = taken.byteLength;
      }
    }
    this.#scratch.copyWithin(0, at, this.#held);
    this.#held -= at;
    return frames;
  }

  #newFrame(frameBytes: number): Uint8Array<ArrayBuffer> {
    if (frameBytes < 2 * lengthBytes) throw new Error(`expected a frame of at least 8 bytes, got one of ${frameBytes}`);
    checkFrameBytes(frameBytes, this.#bytesMax);
    // Not zeroed: every byte of it is overwritten by what arrives before anyone sees it.
    return Buffer.allocUnsafeSlow(frameBytes);
  }
}
