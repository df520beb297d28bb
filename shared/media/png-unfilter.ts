import { badImage } from './image-limits.js';
import type { PngPass } from './png-header.js';

/**
 * Undoes the row filters of one pass in place (PNG specification, section 9). `start` is where the pass begins in
 * `raw`, `step` the bytes from a sample to the one of the pixel on its left (at least 1). Returns where the pass ends.
 */
export function unfilterPass(raw: Uint8Array, start: number, pass: PngPass, step: number): number {
  const { rowBytes } = pass;
  let above: Uint8Array = new Uint8Array(rowBytes);
  let offset = start;
  for (let y = 0; y < pass.height; y++) {
    const filter = raw[offset] ?? 0;
    const row = raw.subarray(offset + 1, offset + 1 + rowBytes);
    unfilterRow(filter, row, above, step);
    above = row;
    offset += 1 + rowBytes;
  }
  return offset;
}

function unfilterRow(filter: number, row: Uint8Array, above: Uint8Array, step: number): void {
  const at = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0; // left of the first pixel is 0
  const { length } = row;
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let i = step; i < length; i++) row[i] = at(row, i) + at(row, i - step);
      return;
    case 2:
      for (let i = 0; i < length; i++) row[i] = at(row, i) + at(above, i);
      return;
    case 3:
      for (let i = 0; i < length; i++) row[i] = at(row, i) + ((at(row, i - step) + at(above, i)) >> 1);
      return;
    case 4:
      for (let i = 0; i < length; i++) {
        row[i] = at(row, i) + paeth(at(row, i - step), at(above, i), at(above, i - step));
      }
      return;
    default:
      throw badImage(`expected a PNG row filter of 0 to 4, got ${filter}`);
  }
}

/** Whichever of the three is nearest to left + above − corner; ties in this order (9.4). */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
