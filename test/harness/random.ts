/**
 * A seeded generator of numbers in [0, 1): the same seed, the same numbers, everywhere. Its step adds an odd constant
 * to a 32-bit counter and scrambles the sum by multiplications and shifts (the mulberry32 scheme).
 */
export function seededRandom(seed: number): () => number {
  let counter = seed | 0;
  return () => {
    counter = (counter + 0x6d2b79f5) | 0;
    let mixed = Math.imul(counter ^ (counter >>> 15), counter | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An integer from 0 to `below - 1`. */
export function integerBelow(random: () => number, below: number): number {
  return Math.floor(random() * below);
}

/** One of the items. */
export function oneOf<T>(random: () => number, items: readonly T[]): T {
  return items[integerBelow(random, items.length)] as T;
}
