/** Points as `d3-polygon` takes them. */
export type Point = [number, number];

/** A probability for every pixel, row by row. */
export interface ProbabilityMap {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/**
 * The connected parts (by sides and corners) of the pixels that reach the threshold: of each the leftmost and the
 * rightmost pixel of every row, which is all that its hull needs. At most `countMax`, from the top down.
 */
export function textComponents(map: ProbabilityMap, threshold: number, countMax: number): Point[][] {
  const { width, values } = map;
  const waiting = Uint8Array.from(values, (value) => (value > threshold ? 1 : 0));
  const components: Point[][] = [];
  for (let at = waiting.indexOf(1); at !== -1 && components.length < countMax; at = waiting.indexOf(1, at + 1)) {
    components.push(edgesOf(floodFrom(at, waiting, map), width));
  }
  return components;
}

/** The pixels connected with the one at `start`; they no longer wait afterwards. */
function floodFrom(start: number, waiting: Uint8Array, { width, height }: ProbabilityMap): number[] {
  const found = [start];
  waiting[start] = 0;
  for (const at of found) {
    // the loop also sees what it pushes
    const x = at % width;
    const y = Math.floor(at / width);
    for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
      for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
        const neighbour = ny * width + nx;
        if (waiting[neighbour] !== 1) continue;
        waiting[neighbour] = 0;
        found.push(neighbour);
      }
    }
  }
  return found;
}

function edgesOf(pixels: readonly number[], width: number): Point[] {
  const rows = new Map<number, { left: number; right: number }>();
  for (const at of pixels) {
    const x = at % width;
    const y = Math.floor(at / width);
    const row = rows.get(y);
    if (row === undefined) rows.set(y, { left: x, right: x });
    else if (x < row.left) row.left = x;
    else if (x > row.right) row.right = x;
  }
  return [...rows].flatMap(([y, { left, right }]): Point[] => [[left, y], [right, y]]); // prettier-ignore
}
