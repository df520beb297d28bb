/** How far an answer may be from the expected one, absolute or relative: 1e-3 for an fp32 graph. */
export const errorMax = 1e-3;

/**
 * The largest error of any element, absolute or relative, whichever is smaller. Infinity when there is another number of
 * elements, NaN among them, or nothing at all.
 */
export function worstError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length || got.length === 0) return Infinity;
  let worst = 0;
  for (let at = 0; at < got.length; at += 1) {
    const wanted = expected[at] ?? NaN;
    const error = Math.abs((got[at] ?? NaN) - wanted);
    const relative = error / Math.max(1, Math.abs(wanted));
    if (!(relative <= worst)) worst = Number.isNaN(relative) ? Infinity : relative;
  }
  return worst;
}
