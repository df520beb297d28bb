/**
 * The share of rows along the last axis whose largest element is the same one; 1 where there are no rows. Where several
 * are expected to be the largest, each of them is right.
 */
export function topAgreement(expected: ArrayLike<number>, got: ArrayLike<number>, shape: readonly number[]): number {
  const length = shape.at(-1) ?? 1;
  if (expected.length === 0 || length === 0) return 1;
  const rows = expected.length / length;
  let agreed = 0;
  for (let row = 0; row < rows; row++) {
    const top = largestAt(expected, row * length, length);
    const gotTop = largestAt(got, row * length, length);
    if (top === gotTop || expected[top] === expected[gotTop]) agreed++;
  }
  return agreed / rows;
}

/** The first of the largest; NaN is never one, unless nothing else is there. */
function largestAt(values: ArrayLike<number>, start: number, length: number): number {
  let best = start;
  let bestValue = values[start] ?? NaN;
  for (let at = start + 1; at < start + length; at++) {
    const value = values[at] ?? NaN;
    if (!(value > bestValue) && !(Number.isNaN(bestValue) && !Number.isNaN(value))) continue;
    best = at;
    bestValue = value;
  }
  return best;
}
