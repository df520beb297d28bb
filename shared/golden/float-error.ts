import type { Datatype, TensorData } from '../protocol/datatype.js';
import { numberFromHalf } from '../protocol/fp16.js';
import type { Tolerance } from './tolerance.js';

/** How far floats are from what was expected, over all elements of an output. */
export interface FloatError {
  /** The largest difference; infinite where NaN or an infinity stands against something else. */
  readonly absolute: number;
  /** The largest difference relative to the expected element, those that are expected to be zero left out. */
  readonly relative: number;
  /** Null where one of the two is all zeros; 1 where both are. */
  readonly cosine: number | null;
  /**
   * Elements that are near enough neither by `absolute` nor by `relative`, where one of these is bounded, or that are NaN
   * or infinite on one side only; and the first of them.
   */
  readonly beyond: number;
  readonly firstBeyond: number | null;
}

export const isFloat = (datatype: Datatype): boolean =>
  datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64';

/** The elements of a float tensor as numbers. */
export function numbersOf(datatype: Datatype, data: TensorData): ArrayLike<number> {
  if (datatype !== 'FP16') return data as ArrayLike<number>;
  return Float32Array.from(data as Uint16Array, numberFromHalf);
}

/** Of as many elements as were expected. NaN equals NaN, infinities of the same sign are equal. */
export function floatError(
  expected: ArrayLike<number>,
  got: ArrayLike<number>,
  { absolute, relative }: Tolerance,
): FloatError {
  const bounded = absolute !== undefined || relative !== undefined;
  let largest = 0;
  let largestRelative = 0;
  let beyond = 0;
  let firstBeyond: number | null = null;
  for (let at = 0; at < expected.length; at++) {
    const one = expected[at] ?? NaN;
    const other = got[at] ?? NaN;
    if (one === other || (Number.isNaN(one) && Number.isNaN(other))) continue;
    const isFinite = Number.isFinite(one) && Number.isFinite(other);
    const difference = isFinite ? Math.abs(one - other) : Infinity;
    const size = Math.abs(one);
    largest = Math.max(largest, difference);
    if (size !== 0) largestRelative = Math.max(largestRelative, isFinite ? difference / size : Infinity);
    const isNear = isFinite && (difference <= (absolute ?? -1) || difference <= (relative ?? -1) * size);
    if (bounded ? isNear : isFinite) continue;
    beyond++;
    firstBeyond ??= at;
  }
  const cosine = largest === 0 ? 1 : cosineOf(expected, got);
  return { absolute: largest, relative: largestRelative, cosine, beyond, firstBeyond };
}

/** Of the elements that are finite on both sides, scaled first: squares of large doubles are no numbers any more. */
function cosineOf(expected: ArrayLike<number>, got: ArrayLike<number>): number | null {
  const isFiniteAt = (at: number): boolean => Number.isFinite(expected[at]) && Number.isFinite(got[at]);
  let [scaleOne, scaleOther] = [0, 0];
  for (let at = 0; at < expected.length; at++) {
    if (!isFiniteAt(at)) continue;
    scaleOne = Math.max(scaleOne, Math.abs(expected[at] ?? 0));
    scaleOther = Math.max(scaleOther, Math.abs(got[at] ?? 0));
  }
  if (scaleOne === 0 && scaleOther === 0) return 1;
  if (scaleOne === 0 || scaleOther === 0) return null;
  let [product, squaresOne, squaresOther] = [0, 0, 0];
  for (let at = 0; at < expected.length; at++) {
    if (!isFiniteAt(at)) continue;
    const one = (expected[at] ?? 0) / scaleOne;
    const other = (got[at] ?? 0) / scaleOther;
    product += one * other;
    squaresOne += one * one;
    squaresOther += other * other;
  }
  return Math.max(-1, Math.min(1, product / Math.sqrt(squaresOne * squaresOther)));
}
