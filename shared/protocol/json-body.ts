import { BrinkError } from '../errors/brink-error.js';
import { checkJsonDepth } from './json-depth.js';
import type { Limits } from './limits.js';
import { decodeUtf8 } from './utf8.js';

export interface JsonBody {
  readonly value: unknown;
  /** Kept because 64-bit integers must be read from their digits. */
  readonly text: string;
}

/** Parses bytes of JSON. Throws `malformed-json` or `json-too-deep`. */
export function parseJsonBody(bytes: Uint8Array, limits: Limits): JsonBody {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new BrinkError('malformed-json', 'expected JSON without a byte order mark, got one');
  }
  checkJsonDepth(bytes, limits.jsonDepthMax);
  const text = decodeUtf8(bytes);
  if (text === undefined)
    throw new BrinkError('malformed-json', 'expected JSON in UTF-8, got bytes that are not UTF-8');
  try {
    return { value: JSON.parse(text) as unknown, text };
  } catch (error) {
    throw new BrinkError('malformed-json', `expected a JSON object, got ${faultOf(error, text)}`);
  }
}

/** Where the parser stopped. Its own words are not repeated: they quote the caller's text and differ by engine. */
function faultOf(error: unknown, text: string): string {
  if (text.trim() === '') return 'an empty body';
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  return position === undefined ? 'text that is not JSON' : `text that is not JSON at character ${position}`;
}
