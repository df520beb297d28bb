import { BrinkError } from '../errors/brink-error.js';
import type { Limits } from './limits.js';
import { containersMax, forbiddenKey, isForbiddenKey, tooDeep, tooManyContainers } from './nesting.js';
import { decodeUtf8 } from './utf8.js';

/** What a token is, how many bytes follow it for its length, and how many bytes of content if that is fixed. */
type Token =
  | { readonly kind: 'scalar'; readonly contentBytes: number }
  | { readonly kind: 'text' | 'bytes' | 'array' | 'map'; readonly lengthBytes: 1 | 2 | 4 }
  | { readonly kind: 'refused'; readonly what: string };

const scalar = (contentBytes: number): Token => ({ kind: 'scalar', contentBytes });
const extension: Token = { kind: 'refused', what: 'an extension type' };

/** Tokens 0xc0 to 0xdf of the msgpack specification; those around them carry their value or length themselves. */
const tokens: readonly Token[] = [
  scalar(0), { kind: 'refused', what: 'the unused byte 0xc1' }, scalar(0), scalar(0),
  { kind: 'bytes', lengthBytes: 1 }, { kind: 'bytes', lengthBytes: 2 }, { kind: 'bytes', lengthBytes: 4 },
  extension, extension, extension,
  scalar(4), scalar(8), scalar(1), scalar(2), scalar(4), scalar(8), scalar(1), scalar(2), scalar(4), scalar(8),
  extension, extension, extension, extension, extension,
  { kind: 'text', lengthBytes: 1 }, { kind: 'text', lengthBytes: 2 }, { kind: 'text', lengthBytes: 4 },
  { kind: 'array', lengthBytes: 2 }, { kind: 'array', lengthBytes: 4 },
  { kind: 'map', lengthBytes: 2 }, { kind: 'map', lengthBytes: 4 },
]; // prettier-ignore

/**
 * Walks a msgpack body before anything decodes it, without recursion and without allocating for what it claims. After
 * it, the body is one complete value of nil, booleans, numbers, UTF-8 text, bytes, arrays and maps with text keys.
 * (msgpackr alone would decode records, timestamps and typed arrays, rename `__proto__`, and patch bad UTF-8.)
 */
export function scanMsgpack(bytes: Uint8Array, limits: Limits): void {
  new MsgpackScan(bytes, limits.jsonDepthMax).run();
}

class MsgpackScan {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #depthMax: number;
  #at = 0;
  #containers = 0;
  /** Per open container: values left in it (keys count), and whether it is a map. */
  readonly #left: number[] = [];
  readonly #isMap: boolean[] = [];

  constructor(bytes: Uint8Array, depthMax: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#depthMax = depthMax;
  }

  run(): void {
    do {
      const top = this.#left.length - 1;
      const left = this.#left[top] ?? 0;
      const isKey = this.#isMap[top] === true && left % 2 === 0;
      if (top >= 0) this.#left[top] = left - 1;
      this.#value(isKey);
      while (this.#left.at(-1) === 0) {
        this.#left.pop();
        this.#isMap.pop();
      }
    } while (this.#left.length > 0);
    if (this.#at !== this.#bytes.length) {
      throw malformed(`expected one value of ${this.#at} bytes, got a body of ${this.#bytes.length}`);
    }
  }

  #value(isKey: boolean): void {
    this.#need(1);
    const byte = this.#bytes[this.#at++] ?? 0;
    const isShortText = byte >= 0xa0 && byte < 0xc0;
    const token = tokens[byte - 0xc0];
    if (isKey && !isShortText && token?.kind !== 'text') {
      throw malformed('expected every map key to be text, got one that is not');
    }
    if (isShortText) this.#text(byte & 0x1f, isKey);
    else if (token !== undefined) this.#long(token, isKey);
    else if (byte >= 0x90 && byte < 0xa0) this.#open(false, byte & 0x0f);
    else if (byte >= 0x80 && byte < 0x90) this.#open(true, byte & 0x0f);
    // what remains is an integer in the token itself
  }

  #long(token: Token, isKey: boolean): void {
    if (token.kind === 'refused') throw malformed(`expected no extension types, got ${token.what}`);
    if (token.kind === 'scalar') {
      this.#skip(token.contentBytes);
      return;
    }
    const length = this.#length(token.lengthBytes);
    if (token.kind === 'text') this.#text(length, isKey);
    else if (token.kind === 'bytes') this.#skip(length);
    else this.#open(token.kind === 'map', length);
  }

  #length(lengthBytes: 1 | 2 | 4): number {
    this.#need(lengthBytes);
    const at = this.#at;
    this.#at += lengthBytes;
    if (lengthBytes === 1) return this.#view.getUint8(at);
    return lengthBytes === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #open(isMap: boolean, length: number): void {
    const values = isMap ? length * 2 : length;
    this.#need(values); // each is a byte at least
    if (++this.#containers > containersMax) throw tooManyContainers();
    if (this.#left.length >= this.#depthMax) throw tooDeep(this.#depthMax);
    this.#left.push(values);
    this.#isMap.push(isMap);
  }

  #text(length: number, isKey: boolean): void {
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    if (!isKey && isAscii(this.#bytes, start, this.#at)) return;
    const text = decodeUtf8(this.#bytes.subarray(start, this.#at));
    if (text === undefined) throw malformed(`expected text in UTF-8, got ${length} bytes that are not`);
    if (isKey && isForbiddenKey(text)) throw forbiddenKey(text);
    // msgpackr decodes text of more than 64 bytes with a TextDecoder that drops this mark
    if (text.startsWith('\ufeff'))
      throw malformed('expected text without a byte order mark, got one: send bytes instead');
  }

  #skip(length: number): void {
    this.#need(length);
    this.#at += length;
  }

  #need(length: number): void {
    const left = this.#bytes.length - this.#at;
    if (length > left) throw malformed(`expected at least ${length} more bytes at byte ${this.#at}, got ${left}`);
  }
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) >= 0x80) return false;
  return true;
}

function malformed(message: string): BrinkError {
  return new BrinkError('malformed-msgpack', `${message}, in a msgpack body`);
}
