import { checkFrameBytes, decodeFrame, type Frame, frameBytesMax } from './frame.js';

/** Cuts a stream of bytes into frames. Each frame is received into memory of its own, once. */
export class FrameReader {
  readonly #bytesMax: number;
  readonly #prefix = new Uint8Array(4);
  #frame: Uint8Array<ArrayBuffer> | undefined;
  /** Bytes received of the frame, its length prefix included. */
  #received = 0;

  constructor(bytesMax = frameBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** The frames that `chunk` completes. Throws for a frame over the limit: the stream cannot be used any further. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (this.#frame === undefined) {
        rest = this.#takePrefix(rest);
        continue;
      }
      const taken = rest.subarray(0, this.#frame.byteLength - this.#received);
      this.#frame.set(taken, this.#received);
      this.#received += taken.byteLength;
      rest = rest.subarray(taken.byteLength);
      if (this.#received < this.#frame.byteLength) continue;
      const { buffer } = this.#frame;
      this.#frame = undefined;
      this.#received = 0;
      frames.push(decodeFrame(buffer));
    }
    return frames;
  }

  #takePrefix(chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, 4 - this.#received);
    this.#prefix.set(taken, this.#received);
    this.#received += taken.byteLength;
    if (this.#received === 4) {
      const frameBytes = new DataView(this.#prefix.buffer).getUint32(0, true);
      if (frameBytes < 8) throw new Error(`expected a frame of at least 8 bytes, got one of ${frameBytes}`);
      checkFrameBytes(frameBytes, this.#bytesMax);
      // Not zeroed: every byte of it is overwritten by what arrives before anyone sees it.
      this.#frame = Buffer.allocUnsafeSlow(frameBytes);
      this.#frame.set(this.#prefix);
    }
    return chunk.subarray(taken.byteLength);
  }
}
