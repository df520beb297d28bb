import { BrinkError } from '../errors/brink-error.js';
import { forbiddenKey, isForbiddenKey } from './nesting.js';
import { described } from './quote-text.js';

/** An object of a request as the parser gave it, its keys checked, its values not. */
export type UntypedRecord = Readonly<Record<string, unknown>>;

/** `value` as an object without forbidden keys; `what` names it in the error. */
export function recordOf(value: unknown, what: string): UntypedRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    throw new BrinkError('invalid-request', `expected ${what} to be an object, got ${described(value)}`);
  }
  for (const key of Object.keys(value)) if (isForbiddenKey(key)) throw forbiddenKey(key);
  return value as UntypedRecord;
}

/** `value` as an array of at most `max`; `what` names its elements. */
export function listOf(value: unknown, what: string, max: number): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw new BrinkError('invalid-request', `expected ${what} to be an array, got ${described(value)}`);
  }
  if (value.length > max) {
    throw new BrinkError('invalid-request', `expected at most ${max} ${what}, got ${value.length}`);
  }
  return value;
}

export function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new BrinkError('invalid-request', `expected ${what} to be a string, got ${described(value)}`);
}
