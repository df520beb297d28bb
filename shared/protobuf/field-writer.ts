import type { FixedArray } from '../protocol/datatype.js';
import { encodeUtf8 } from '../protocol/utf8.js';
import { wireTypes } from './field-reader.js';

/** Bytes that begin before where a shift by 7 would lose bits of a double's 53. */
const varintBytesMax = 10;

/**
 * Puts a protobuf message together from pieces: large ones stay where they are until `finish` copies each once, to its
 * place in bytes of exactly the right size. Fields that hold their default are the caller's to leave out.
 */
export class FieldWriter {
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** A field of an unsigned integer up to 2^53. */
  unsigned(field: number, value: number): this {
    const out: number[] = [];
    pushVarint(out, field * 8 + wireTypes.varint);
    pushVarint(out, value);
    return this.#push(Uint8Array.from(out));
  }

  text(field: number, text: string): this {
    return this.bytes(field, encodeUtf8(text));
  }

  /** A field of bytes, not copied yet: text, bytes, packed elements. */
  bytes(field: number, bytes: Uint8Array): this {
    this.#length(field, bytes.length);
    return this.#push(bytes);
  }

  /** Packed unsigned integers up to 2^53. */
  packed(field: number, values: readonly number[]): this {
    const out: number[] = [];
    for (const value of values) pushVarint(out, value);
    return this.bytes(field, Uint8Array.from(out));
  }

  /** A field of a message. */
  message(field: number, message: FieldWriter): this {
    this.#length(field, message.#size);
    for (const part of message.#parts) this.#parts.push(part);
    this.#size += message.#size;
    return this;
  }

  /** The message in one piece. A Buffer: it is what grpc-js copies from. */
  finish(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#size); // every byte of it is written
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #length(field: number, length: number): void {
    const out: number[] = [];
    pushVarint(out, field * 8 + wireTypes.bytes);
    pushVarint(out, length);
    this.#push(Uint8Array.from(out));
  }

  #push(part: Uint8Array): this {
    this.#parts.push(part);
    this.#size += part.length;
    return this;
  }
}

function pushVarint(out: number[], value: number): void {
  let left = value;
  while (left >= 0x80) {
    out.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  out.push(left);
}

/** Packed integers of 64 bits from their halves, the low one first: what a typed array of bigints is in memory. */
export function packedWords(words: Uint32Array): Uint8Array {
  const out = new Uint8Array((words.length / 2) * varintBytesMax);
  let at = 0;
  for (let word = 0; word < words.length; word += 2) {
    let low = words[word] ?? 0;
    let high = words[word + 1] ?? 0;
    while (high > 0 || low >= 0x80) {
      out[at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    out[at++] = low;
  }
  return out.subarray(0, at);
}

/** Packed integers of up to 32 bits. A negative one takes 10 bytes: protobuf widens it to 64 bits. */
export function packedIntegers(values: Exclude<FixedArray, BigInt64Array | BigUint64Array>): Uint8Array {
  const out = new Uint8Array(values.length * varintBytesMax);
  let at = 0;
  for (const value of values) {
    let left = value >>> 0;
    for (let byte = 0; value < 0 && byte < 4; byte += 1) {
      out[at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    if (value < 0) {
      out[at++] = left | 0xf0; // the last 4 bits of 32, and the first 3 of the sign
      for (let byte = 0; byte < 4; byte += 1) out[at++] = 0xff;
      out[at++] = 0x01;
      continue;
    }
    while (left >= 0x80) {
      out[at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    out[at++] = left;
  }
  return out.subarray(0, at);
}
