import { BrinkError } from '../errors/brink-error.js';
import { decodeUtf8 } from '../protocol/utf8.js';

/** How a field lies in the bytes (protobuf, "Encoding": message structure); groups are from before proto3. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Goes through the fields of one protobuf message, in the order of its bytes, without making anything of them: bytes are
 * views, and a message within is read by a reader of its own. Throws `malformed-binary` for what is no message.
 */
export class FieldReader {
  /** Number and wire type of the field that `next` came to. */
  field = 0;
  wire = 0;
  /** The value of a varint, in unsigned halves. */
  low = 0;
  high = 0;
  /** Where the field's value lies: of a varint its bytes, of bytes what follows the length. */
  start = 0;
  end = 0;
  readonly #bytes: Uint8Array;
  readonly #what: string;

  /** `what` names the message in errors. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  /** Moves on to the next field; false at the end of the message. */
  next(): boolean {
    if (this.end >= this.#bytes.length) return false;
    this.#varint(this.end);
    this.field = this.low >>> 3;
    this.wire = this.low & 7;
    if (this.field === 0 || this.high !== 0) throw this.#malformed(`a field number from 1, at byte ${this.start}`);
    switch (this.wire) {
      case wireTypes.varint:
        this.#varint(this.end);
        break;
      case wireTypes.bytes:
        this.#take(this.#length());
        break;
      case wireTypes.fixed64:
        this.#take(8);
        break;
      case wireTypes.fixed32:
        this.#take(4);
        break;
      default:
        throw this.#malformed(`field ${this.field} to be of wire type 0, 1, 2 or 5, got ${this.wire}`);
    }
    return true;
  }

  /** The bytes of the field's value, not copied. */
  view(): Uint8Array {
    return this.#bytes.subarray(this.start, this.end);
  }

  /** The view of a field that must be of bytes: text, bytes, a message, packed elements. */
  bytes(): Uint8Array {
    this.expect(wireTypes.bytes);
    return this.view();
  }

  text(): string {
    const text = decodeUtf8(this.bytes());
    if (text === undefined) throw this.#malformed(`field ${this.field} to be UTF-8 text, got bytes that are not`);
    return text;
  }

  bool(): boolean {
    this.expect(wireTypes.varint);
    return this.low !== 0 || this.high !== 0;
  }

  /** An int64; beyond 2^53 as a bigint. */
  signed(): number | bigint {
    this.expect(wireTypes.varint);
    return signedOf(this.low, this.high);
  }

  /** A uint64; beyond 2^53 as a bigint. */
  unsigned(): number | bigint {
    this.expect(wireTypes.varint);
    const value = this.high * 2 ** 32 + this.low;
    return Number.isSafeInteger(value) ? value : (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  /** An enum, or an integer that is kept small. Throws for one beyond 2^31. */
  small(): number {
    this.expect(wireTypes.varint);
    if (this.high === 0 && this.low < 2 ** 31) return this.low;
    throw this.#malformed(`field ${this.field} to be below 2^31`);
  }

  float(): number {
    this.expect(wireTypes.fixed32);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.start, 4).getFloat32(0, true);
  }

  double(): number {
    this.expect(wireTypes.fixed64);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.start, 8).getFloat64(0, true);
  }

  expect(wire: number): void {
    if (this.wire === wire) return;
    throw this.#malformed(`field ${this.field} to be of wire type ${wire}, got ${this.wire}`);
  }

  #length(): number {
    this.#varint(this.end);
    return this.high === 0 ? this.low : Infinity;
  }

  #take(length: number): void {
    this.start = this.end;
    this.end = this.start + length;
    if (this.end <= this.#bytes.length) return;
    const left = this.#bytes.length - this.start;
    throw this.#malformed(
      `${length === Infinity ? 'fewer than 2^32' : length} bytes of field ${this.field}, got ${left}`,
    );
  }

  #varint(at: number): void {
    this.start = at;
    const end = readVarint(this.#bytes, at, this);
    if (end === -1) throw this.#malformed(`a whole varint of at most 10 bytes, at byte ${at}`);
    this.end = end;
  }

  #malformed(expected: string): BrinkError {
    return new BrinkError('malformed-binary', `expected ${this.#what} in protobuf, with ${expected}`);
  }
}

/** Where the halves of a varint are put. */
export interface Halves {
  low: number;
  high: number;
}

/** Reads the varint at `at` into unsigned halves, and answers where it ends; -1 for one that does not end as it must. */
export function readVarint(bytes: Uint8Array, at: number, into: Halves): number {
  let byte = bytes[at] ?? 0x80;
  if (byte < 0x80) {
    into.low = byte;
    into.high = 0;
    return at + 1;
  }
  let low = byte & 0x7f;
  let high = 0;
  for (let read = 1; read < 10; read += 1) {
    byte = bytes[at + read] ?? 0x80; // past the end: goes on, until it is longer than a varint may be
    const bits = byte & 0x7f;
    if (read < 4) low |= bits << (7 * read);
    else if (read === 4) {
      low |= bits << 28;
      high = bits >>> 4;
    } else high |= bits << (7 * read - 32);
    if (byte < 0x80) {
      into.low = low >>> 0;
      into.high = high >>> 0;
      return at + read + 1;
    }
  }
  return -1;
}

/** Two's complement of 64 bits as a number, or as a bigint beyond 2^53. */
export function signedOf(low: number, high: number): number | bigint {
  const value = (high | 0) * 2 ** 32 + low;
  return Number.isSafeInteger(value) ? value : (BigInt(high | 0) << 32n) | BigInt(low);
}
