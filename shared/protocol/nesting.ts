import { BrinkError } from '../errors/brink-error.js';

/**
 * Arrays and objects in one body. An empty one is 2 bytes of JSON (1 of msgpack) and tens of bytes of heap: without a
 * limit a body within its own would exhaust an isolate.
 */
export const containersMax = 500_000;

export function tooDeep(depthMax: number): BrinkError {
  return new BrinkError('json-too-deep', `expected at most ${depthMax} levels of nesting, got more`);
}

export function tooManyContainers(): BrinkError {
  return new BrinkError(
    'tensor-too-large',
    `expected at most ${containersMax} arrays and objects in a body, got more; send data flat or binary`,
  );
}

const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Keys that no protocol field has and that have hurt JavaScript programs. */
export function isForbiddenKey(key: string): boolean {
  return forbiddenKeys.has(key);
}

export function forbiddenKey(key: string): BrinkError {
  return new BrinkError('forbidden-key', `expected no key "${key}" in a request, got one`);
}
