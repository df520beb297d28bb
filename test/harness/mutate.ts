import { integerBelow, oneOf } from './random.js';

type Random = () => number;
type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

/**
 * A body like `bytes`, but not quite: one to three mutations. About half of the mutations keep the length and the kind
 * of what they touch (a digit stays a digit), so that many results pass the framing of JSON, of the binary extension
 * and of msgpack and reach the checks behind it. The input is left as it is.
 */
export function mutateBody(bytes: Uint8Array, random: Random): Uint8Array {
  let mutated: Uint8Array = bytes.slice();
  for (let left = 1 + integerBelow(random, 3); left > 0; left--) {
    mutated = oneOf(random, random() < 0.6 ? gentle : harsh)(mutated, random);
  }
  return mutated;
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

/** Keeps the length: another digit for a digit, another letter for a letter, other bytes near the end. */
const gentle: readonly Mutation[] = [
  replaceOne(isDigit, (_, random) => 0x30 + integerBelow(random, 10)),
  replaceOne(isLetter, (byte, random) => (byte & 0x20) | (0x41 + integerBelow(random, 26))),
  replaceOne(isLetter, (byte) => byte ^ 0x20),
  (bytes, random) => {
    if (bytes.length === 0) return bytes;
    const at = bytes.length - 1 - integerBelow(random, Math.ceil(bytes.length / 4));
    bytes[at] = integerBelow(random, 256);
    return bytes;
  },
];

/** JSON values where another was expected; those for numbers overflow, underflow or lose digits. */
const oddValues = [
  '-1', '0', '1e999', '-0', '0.5', '2147483648', '9007199254740993', '18446744073709551616', '1e-400', 'null', 'true',
  '"\\ud800"', '"\\u0000"', '[]', '{}', '[[[1]]]', '{"__proto__":1}', '"FP16"', '"BF16"', '"INT64"', '"BYTES"',
]; // prettier-ignore

const harsh: readonly Mutation[] = [
  replaceToken((random) => oneOf(random, oddValues)),
  replaceToken(() => ''),
  replaceToken((_, token) => `${token},${token}`),
  replaceToken((random) => '['.repeat(1 + integerBelow(random, 60))),
  replaceOne(
    () => true,
    (byte, random) => byte ^ (1 << integerBelow(random, 8)),
  ),
  replaceOne(
    () => true,
    (_, random) => oneOf(random, [0, 0x7f, 0x80, 0xc1, 0xc7, 0xd4, 0xd6, 0xdd, 0xdf, 0xff]),
  ),
  (bytes, random) => bytes.subarray(0, integerBelow(random, bytes.length + 1)),
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  (bytes, random) => {
    const at = integerBelow(random, bytes.length + 1);
    const noise = Uint8Array.from({ length: 1 + integerBelow(random, 8) }, () => integerBelow(random, 256));
    return joined(bytes.subarray(0, at), noise, bytes.subarray(at));
  },
];

/** Replaces one of the bytes that qualify, in place. */
function replaceOne(qualifies: (byte: number) => boolean, by: (byte: number, random: Random) => number): Mutation {
  return (bytes, random) => {
    const places = [...bytes.keys()].filter((at) => qualifies(bytes[at] ?? 0));
    if (places.length === 0) return bytes;
    const at = oneOf(random, places);
    bytes[at] = by(bytes[at] ?? 0, random);
    return bytes;
  };
}

/** Replaces one JSON token (a string, a number, a literal, an empty or small array) wherever the bytes look like one. */
function replaceToken(by: (random: Random, token: string) => string): Mutation {
  const token = /"[^"]{0,64}"|-?\d[\d.eE+-]*|true|false|null|\[[^[\]]{0,64}\]/g;
  return (bytes, random) => {
    const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''); // Latin-1: a character is a byte
    const found = [...text.matchAll(token)];
    if (found.length === 0) return bytes;
    const match = oneOf(random, found);
    const replacement = Uint8Array.from(by(random, match[0]), (char) => char.charCodeAt(0));
    return joined(bytes.subarray(0, match.index), replacement, bytes.subarray(match.index + match[0].length));
  };
}

function range(bytes: Uint8Array, random: Random): [number, number] {
  const from = integerBelow(random, bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + integerBelow(random, 32))];
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
