import type { ValueRange } from '../calibrate/value-ranges.js';

/** element ≈ (q − zero) · scale, q from 0 to 255. */
export interface ActivationScale {
  readonly scale: number;
  readonly zero: number;
}

const levels = 255;

/** A range that holds 0 over 8 unsigned bits: scale = (max − min) / 255, zero = round(−min / scale). Of nothing but zeros: 1 and 0. */
export function activationScale({ min, max }: ValueRange): ActivationScale {
  const scale = Math.fround((max - min) / levels);
  if (!(scale > 0)) return { scale: 1, zero: 0 };
  return { scale, zero: Math.max(0, Math.min(levels, Math.round(-min / scale))) };
}
