import { BrinkError } from '../errors/brink-error.js';
import { quoted } from './quote-text.js';
import { decodeUtf8, encodeUtf8 } from './utf8.js';

/** Each element of a BYTES tensor is preceded by its length: 4 bytes, unsigned, little-endian. */
const lengthBytes = 4;

/** Reads exactly `count` elements that fill `bytes`. Throws `malformed-binary`, `value-out-of-range` for non-UTF-8. */
export function decodeBytesElements(input: string, bytes: Uint8Array, count: number): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: string[] = [];
  let at = 0;
  while (elements.length < count) {
    const left = bytes.length - at;
    const length = left >= lengthBytes ? view.getUint32(at, true) : 0;
    if (left < lengthBytes + length) {
      throw new BrinkError(
        'malformed-binary',
        `expected ${lengthBytes + length} bytes for element ${elements.length} of input ${quoted(input)}, got ${left}`,
      );
    }
    elements.push(decodeElement(input, bytes.subarray(at + lengthBytes, at + lengthBytes + length), elements.length));
    at += lengthBytes + length;
  }
  if (at === bytes.length) return elements;
  throw new BrinkError(
    'malformed-binary',
    `expected the ${count} elements of input ${quoted(input)} to fill ${bytes.length} bytes, got ${at}`,
  );
}

/** One element without its length. */
export function decodeElement(input: string, bytes: Uint8Array, index: number): string {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return text;
  throw new BrinkError(
    'value-out-of-range',
    `expected element ${index} of input ${quoted(input)} to be UTF-8, got ${bytes.length} bytes that are not`,
  );
}

export function encodeBytesElements(elements: readonly string[]): Uint8Array {
  const encoded = elements.map(encodeUtf8);
  const size = encoded.reduce((sum, element) => sum + lengthBytes + element.length, 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const element of encoded) {
    view.setUint32(at, element.length, true);
    bytes.set(element, at + lengthBytes);
    at += lengthBytes + element.length;
  }
  return bytes;
}
