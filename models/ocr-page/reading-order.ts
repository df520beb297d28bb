import type { TextBox } from './text-boxes.js';

interface Placed {
  readonly box: TextBox;
  readonly left: number;
  readonly middle: number;
  readonly height: number;
}

/**
 * Boxes as they are read: rows from the top down, each from the left. Boxes share a row when the middle of one lies
 * within the other's middle half. Columns are not told apart: they read across.
 */
export function inReadingOrder(boxes: readonly TextBox[]): TextBox[] {
  const placed = boxes.map(placedBox).sort((a, b) => a.middle - b.middle);
  const rows: Placed[][] = [];
  for (const each of placed) {
    const row = rows.at(-1);
    const last = row?.at(-1);
    if (row !== undefined && last !== undefined && sameRow(last, each)) row.push(each);
    else rows.push([each]);
  }
  return rows.flatMap((row) => row.sort((a, b) => a.left - b.left).map(({ box }) => box));
}

function placedBox(box: TextBox): Placed {
  const ys = box.map(([, y]) => y);
  const [[ax, ay], , , [dx, dy]] = box;
  return {
    box,
    left: Math.min(...box.map(([x]) => x)),
    middle: ys.reduce((sum, y) => sum + y, 0) / ys.length,
    height: Math.hypot(dx - ax, dy - ay),
  };
}

const sameRow = (a: Placed, b: Placed): boolean => Math.abs(a.middle - b.middle) < Math.min(a.height, b.height) / 2;
