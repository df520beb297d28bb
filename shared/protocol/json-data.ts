import { BrinkError } from '../errors/brink-error.js';
import { type InputHead, dataFromArray } from './array-data.js';
import type { TensorData } from './datatype.js';
import { visitNumbers } from './json-exact.js';
import type { JsonPlaces } from './json-places.js';
import { quoted } from './quote-text.js';

/** Reads an input's `data` as JSON.parse gave it. `places` are those of the JSON, `position` the input's in `inputs`. */
export function dataFromJson(
  head: InputHead,
  data: readonly unknown[],
  places: JsonPlaces,
  position: number,
): TensorData {
  const source = { input: head.name, nonFinite: false };
  const wide = head.datatype === 'INT64' || head.datatype === 'UINT64';
  return dataFromArray(head, wide ? withExactIntegers(data, places, position, head) : data, source);
}

/**
 * The same array, or, where a number in it is no safe integer, one with that number as a bigint read from its digits.
 * 9007199254740993 parses to the double ...992, so what is unsafe after parsing may be any of several integers.
 */
function withExactIntegers(
  data: readonly unknown[],
  places: JsonPlaces,
  position: number,
  head: InputHead,
): readonly unknown[] {
  if (!holdsUnsafe(data, head.shape.length)) return data;
  const at = places.at(['inputs', position, 'data']);
  if (at === undefined) throw new Error('JSON.parse found data where the scanner found none');
  const exact: unknown[] = [];
  visitNumbers(places.text, at, (token) => exact.push(integerFromToken(token, head.name)));
  let next = 0;
  const rebuild = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(rebuild);
    return typeof part === 'number' ? exact[next++] : part;
  };
  return data.map(rebuild);
}

/** Recursion stops at the rank: deeper nesting is refused later, by the shape. */
function holdsUnsafe(part: readonly unknown[], levels: number): boolean {
  for (const value of part) {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) return true;
    } else if (Array.isArray(value) && levels > 1 && holdsUnsafe(value, levels - 1)) {
      return true;
    }
  }
  return false;
}

/** Digits of 2^64 are 20, and one for the sign: longer is out of every range and is not worth converting. */
const integerTokenLengthMax = 21;

function integerFromToken(token: string, input: string): number | bigint {
  const value = Number(token);
  if (Number.isSafeInteger(value)) return value;
  if (token.length <= integerTokenLengthMax && /^-?\d+$/.test(token)) return BigInt(token);
  throw new BrinkError(
    'value-out-of-range',
    `expected the elements of input ${quoted(input)} to be integers of 64 bits with all their digits, got ${quoted(token)}`,
  );
}

/** The integer parameter at `path` with all its digits; what is written with a fraction or exponent is a double. */
export function exactParameter(places: JsonPlaces, path: readonly (string | number)[]): number | bigint {
  const at = places.at(path);
  let exact: number | bigint = NaN;
  if (at === undefined) return exact;
  visitNumbers(places.text, at, (token) => {
    if (!/^-?\d+$/.test(token)) exact = Number(token);
    else if (token.length <= integerTokenLengthMax) exact = BigInt(token);
    else throw new BrinkError('bad-parameter', `expected a parameter of at most 64 bits, got ${quoted(token)}`);
  });
  return exact;
}
