import { BrinkError } from '../errors/brink-error.js';
import { bigintRanges } from './element-range.js';
import type { Parameters } from './infer.js';
import type { Limits } from './limits.js';
import { described, quoted } from './quote-text.js';
import { recordOf } from './record.js';
import { hasLoneSurrogate } from './utf8.js';

/** Reads a number's own digits where the parsed double is no safe integer: `sequence_id` is a uint64. */
export type ExactNumber = (key: string, parsed: number) => number | bigint;

const none: Parameters = Object.freeze({});

/** Reserved parameters of the binary extension, with the type that each must have. */
const reservedTypes: Readonly<Record<string, 'boolean' | undefined>> = {
  binary_data: 'boolean',
  binary_data_output: 'boolean',
};

/** Checks a `parameters` object: at most `parametersMax`, each a string, a number or a boolean. Absent or null: none. */
export function parametersOf(value: unknown, owner: string, limits: Limits, exact?: ExactNumber): Parameters {
  if (value === undefined || value === null) return none;
  const record = recordOf(value, `the parameters of ${owner}`);
  const keys = Object.keys(record);
  if (keys.length > limits.parametersMax) {
    throw new BrinkError(
      'bad-parameter',
      `expected at most ${limits.parametersMax} parameters of ${owner}, got ${keys.length}`,
    );
  }
  const parameters: Record<string, string | number | bigint | boolean> = {};
  for (const key of keys) parameters[key] = parameterOf(key, record[key], owner, exact);
  return parameters;
}

function parameterOf(
  key: string,
  value: unknown,
  owner: string,
  exact?: ExactNumber,
): string | number | bigint | boolean {
  const reserved = Object.hasOwn(reservedTypes, key) ? reservedTypes[key] : undefined;
  if (reserved !== undefined && typeof value !== reserved) throw refused(key, owner, `a ${reserved}`, value);
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      if (hasLoneSurrogate(value)) throw refused(key, owner, 'Unicode text', value);
      return value;
    case 'number': {
      if (!Number.isFinite(value)) throw refused(key, owner, 'a finite number', value);
      const kept = Number.isInteger(value) && !Number.isSafeInteger(value) ? (exact?.(key, value) ?? value) : value;
      return typeof kept === 'bigint' ? wideOf(key, kept, owner) : kept;
    }
    case 'bigint':
      return wideOf(key, value, owner);
    default:
      throw refused(key, owner, 'a string, a number or a boolean', value);
  }
}

/** A safe integer as a number, one of 64 bits as it is. */
function wideOf(key: string, value: bigint, owner: string): number | bigint {
  const [min] = bigintRanges.INT64;
  const [, max] = bigintRanges.UINT64;
  if (value < min || value > max) throw refused(key, owner, `an integer from ${min} to ${max}`, value);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function refused(key: string, owner: string, expected: string, value: unknown): BrinkError {
  return new BrinkError(
    'bad-parameter',
    `expected parameter ${quoted(key)} of ${owner} to be ${expected}, got ${described(value)}`,
  );
}
