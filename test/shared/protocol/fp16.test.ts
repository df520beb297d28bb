import { describe, expect, it } from 'vitest';
import { halfFromNumber, numberFromHalf } from '../../../shared/protocol/fp16.js';
import { seededRandom } from '../../harness/random.js';

/** The number of a half's bits, straight from the definition. */
function byDefinition(bits: number): number {
  const sign = bits >>> 15 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('half precision', () => {
  it('reads all 65,536 patterns as the definition says', () => {
    for (let bits = 0; bits < 65536; bits++) {
      if (!Object.is(numberFromHalf(bits), byDefinition(bits)))
        expect([bits, numberFromHalf(bits)]).toEqual([bits, byDefinition(bits)]);
    }
  });

  it('writes every number that a half can hold back to the same bits', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = numberFromHalf(bits);
      const expected = Number.isNaN(value) ? 0x7e00 : bits;
      if (halfFromNumber(value) !== expected) expect([bits, halfFromNumber(value)]).toEqual([bits, expected]);
    }
  });

  it('rounds what lies between two halves to the nearer one, and ties to the even one', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = byDefinition(bits);
      const high = byDefinition(bits + 1);
      const middle = (low + high) / 2; // exact in a double
      const even = bits % 2 === 0 ? bits : bits + 1;
      const step = (high - low) * 2 ** -20;
      const got = [middle - step, middle, middle + step, -middle].map(halfFromNumber);
      const expected = [bits, even, bits + 1, even | 0x8000];
      if (got.join() !== expected.join()) expect([bits, ...got]).toEqual([bits, ...expected]);
    }
  });

  it('does not round twice: a double just above a tie goes up although its float would be the tie', () => {
    expect(halfFromNumber(1 + 2 ** -11 + 2 ** -40)).toBe(0x3c01);
    expect(halfFromNumber(1 + 2 ** -11)).toBe(0x3c00);
  });

  it('rounds 65520 and above to infinity and less than 65520 to 65504', () => {
    expect(halfFromNumber(65520)).toBe(0x7c00);
    expect(halfFromNumber(-65520)).toBe(0xfc00);
    expect(halfFromNumber(65519.999999999)).toBe(0x7bff);
  });

  it('keeps the sign of what rounds to zero', () => {
    expect(halfFromNumber(-0)).toBe(0x8000);
    expect(halfFromNumber(-1e-300)).toBe(0x8000);
    expect(halfFromNumber(Number.MIN_VALUE)).toBe(0);
    expect(halfFromNumber(2 ** -25)).toBe(0);
    expect(halfFromNumber(2 ** -25 * 1.0000001)).toBe(1);
  });

  it('is monotonic on a seeded sample of doubles', () => {
    const random = seededRandom(16);
    const sample = Array.from({ length: 20_000 }, () => random() * 2 ** (Math.floor(random() * 45) - 28)).sort(
      (a, b) => a - b,
    );
    const halves = sample.map(halfFromNumber);
    expect(halves.every((half, at) => at === 0 || half >= halves[at - 1]!)).toBe(true);
  });
});
