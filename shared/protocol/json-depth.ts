import { containersMax, tooDeep, tooManyContainers } from './nesting.js';

const openBracket = 0x5b;
const openBrace = 0x7b;
const closeBracket = 0x5d;
const closeBrace = 0x7d;
const quote = 0x22;
const backslash = 0x5c;

/**
 * Throws `json-too-deep`, before anything builds 100,000 nested arrays. A body with no more opening brackets than
 * `depthMax` cannot be deeper, and `indexOf` finds those without a loop in JavaScript: a flat tensor costs nothing.
 */
export function checkJsonDepth(bytes: Uint8Array, depthMax: number): void {
  if (countUpTo(bytes, openBracket, depthMax) + countUpTo(bytes, openBrace, depthMax) <= depthMax) return;
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      at = endOfString(bytes, at);
    } else if (byte === openBracket || byte === openBrace) {
      if (++depth > depthMax) throw tooDeep(depthMax);
      if (++containers > containersMax) throw tooManyContainers();
    } else if (byte === closeBracket || byte === closeBrace) {
      depth--;
    }
  }
}

/** How often a byte occurs, counted no further than `max + 1`. */
function countUpTo(bytes: Uint8Array, byte: number, max: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at !== -1 && count <= max; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

/** Where the string that opens at `at` closes; the end of the bytes if it never does. */
function endOfString(bytes: Uint8Array, at: number): number {
  for (let next = at + 1; next < bytes.length; next++) {
    if (bytes[next] === backslash) next++;
    else if (bytes[next] === quote) return next;
  }
  return bytes.length;
}
