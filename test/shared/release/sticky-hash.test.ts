import { describe, expect, it } from 'vitest';
import { stickyFraction } from '../../../shared/release/sticky-hash.js';

describe('the sticky hash', () => {
  it('is the same everywhere: known values of MurmurHash3 x86 32 with seed 0', () => {
    // The hash of one zero byte.
    expect(stickyFraction('', '') * 2 ** 32).toBe(0x514e28b7);
  });

  it('spreads keys evenly, and independently between salts', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `user-${index}`);
    const below = (salt: string) => keys.filter((key) => stickyFraction(salt, key) < 0.25);
    const [a, b] = [new Set(below('one')), below('two')];
    expect(Math.abs(a.size / keys.length - 0.25)).toBeLessThan(0.01);
    expect(Math.abs(b.filter((key) => a.has(key)).length / b.length - 0.25)).toBeLessThan(0.02);
  });
});
