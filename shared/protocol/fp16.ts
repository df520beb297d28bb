/**
 * IEEE 754 binary16 as its 16 bits: 1 sign, 5 exponent (bias 15), 10 fraction. Conversions go straight from and to
 * doubles, because rounding twice (double to float to half) is not rounding to nearest even.
 */

/** Doubles of this magnitude and above round to infinity: the midpoint between 65504 and what would be 65536. */
export const halfOverflow = 65520;

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer); // little-endian: [1] holds sign and exponent

/** Adding and taking away 2^52 leaves a double below it rounded to an integer, nearest even: the FPU's own rounding. */
const roundingMagic = 2 ** 52;

/** 2^(10 - exponent) for the exponents -14 to 15 of normal halves, by exponent + 14. */
const toFraction = Float64Array.from({ length: 30 }, (_, index) => 2 ** (24 - index));

/** The half nearest to a number, ties to even; overflow becomes infinity, NaN the quiet NaN 0x7e00. */
export function halfFromNumber(value: number): number {
  scratch[0] = value;
  const high = scratchWords[1] ?? 0;
  const sign = (high >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (!(magnitude < halfOverflow)) return Number.isNaN(value) ? 0x7e00 : sign | 0x7c00;
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  // A subnormal half counts units of 2^-24; 1024 of them is the bit pattern of the smallest normal half.
  if (exponent < -14) return sign | (magnitude * 2 ** 24 + roundingMagic - roundingMagic);
  const fraction = magnitude * (toFraction[exponent + 14] ?? 0) + roundingMagic - roundingMagic; // 1024 to 2048
  return sign | (((exponent + 15) << 10) + fraction - 1024); // 2048 carries into the exponent, as it should
}

/** Value of one unit of the fraction, by biased exponent 0 to 30. */
const unit = Float64Array.from({ length: 31 }, (_, biased) => 2 ** (Math.max(biased, 1) - 25));

/** The number that a half's bits stand for, exactly. */
export function numberFromHalf(bits: number): number {
  const biased = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (biased === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (unit[biased] ?? 0) * (biased === 0 ? fraction : fraction + 1024);
}
