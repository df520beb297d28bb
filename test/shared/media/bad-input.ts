import { expect } from 'vitest';
import { BrinkError } from '../../../shared/errors/brink-error.js';

/** What the call throws, which must be a BrinkError. */
export function failureOf(call: () => unknown): BrinkError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(BrinkError);
    return error as BrinkError;
  }
  throw new Error('expected it to throw');
}

/** A copy with one to four bytes changed, inserted, removed or cut off. */
export function mutated(bytes: Uint8Array, random: () => number): Uint8Array {
  let copy = bytes.slice();
  const times = 1 + Math.floor(random() * 4);
  for (let i = 0; i < times; i++) {
    const at = Math.floor(random() * copy.length);
    const value = Math.floor(random() * 256);
    const kind = random();
    if (kind < 0.7) copy[at] = value;
    else if (kind < 0.8) copy = Uint8Array.from([...copy.subarray(0, at), value, ...copy.subarray(at)]);
    else if (kind < 0.9) copy = Uint8Array.from([...copy.subarray(0, at), ...copy.subarray(at + 1)]);
    else copy = copy.slice(0, at);
  }
  return copy;
}

/** Calls with mutated copies; every failure must be the caller's, and both outcomes must occur. */
export function fuzz(
  bytes: Uint8Array,
  times: number,
  random: () => number,
  call: (bytes: Uint8Array) => unknown,
): void {
  const seen = { passed: 0, refused: 0 };
  for (let i = 0; i < times; i++) {
    const input = mutated(bytes, random);
    try {
      call(input);
      seen.passed++;
    } catch (error) {
      if (!(error instanceof BrinkError) || error.status >= 500) throw error;
      seen.refused++;
    }
  }
  expect(seen.refused).toBeGreaterThan(0);
  expect(seen.passed + seen.refused).toBe(times);
}
