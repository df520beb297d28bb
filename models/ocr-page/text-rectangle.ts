import { polygonHull } from 'd3-polygon';
import type { Point, ProbabilityMap } from './components.js';

/** A rectangle turned by any angle: its centre, the unit vector along its width, and its sides. */
export interface TextRectangle {
  readonly centre: Point;
  readonly along: Point;
  readonly width: number;
  readonly height: number;
}

/** The rectangle of least area around the points; one of its sides lies on a side of their hull. */
export function smallestRectangle(points: Point[]): TextRectangle | undefined {
  const hull = polygonHull(points);
  if (hull === null) return undefined; // fewer than three points
  let best: TextRectangle | undefined;
  for (const [index, from] of hull.entries()) {
    const to = hull[(index + 1) % hull.length] ?? from;
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (length === 0) continue;
    const rectangle = rectangleAlong(hull, [(to[0] - from[0]) / length, (to[1] - from[1]) / length]);
    if (best === undefined || rectangle.width * rectangle.height < best.width * best.height) best = rectangle;
  }
  return best === undefined ? undefined : levelled(best);
}

function rectangleAlong(hull: readonly Point[], along: Point): TextRectangle {
  let [minU, maxU, minV, maxV] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of hull) {
    const u = x * along[0] + y * along[1];
    const v = y * along[0] - x * along[1];
    [minU, maxU] = [Math.min(minU, u), Math.max(maxU, u)];
    [minV, maxV] = [Math.min(minV, v), Math.max(maxV, v)];
  }
  const [u, v] = [(minU + maxU) / 2, (minV + maxV) / 2];
  const centre: Point = [u * along[0] - v * along[1], u * along[1] + v * along[0]];
  return { centre, along, width: maxU - minU, height: maxV - minV };
}

/** The same rectangle named so that its width points to the right, within 45°. */
function levelled({ centre, along: [x, y], width, height }: TextRectangle): TextRectangle {
  if (Math.abs(x) >= Math.abs(y)) return { centre, along: x >= 0 ? [x, y] : [-x, -y], width, height };
  return { centre, along: y < 0 ? [-y, x] : [y, -x], width: height, height: width };
}

/** Corners from the top left, clockwise. */
export function cornersOf({
  centre: [x, y],
  along: [ax, ay],
  width,
  height,
}: TextRectangle): [Point, Point, Point, Point] {
  const corner = (u: number, v: number): Point => [x + u * ax - v * ay, y + u * ay + v * ax];
  const [u, v] = [width / 2, height / 2];
  return [corner(-u, -v), corner(u, -v), corner(u, v), corner(-u, v)];
}

/** Every side moved outwards by area × ratio / perimeter: what the detector's training shrank text by. */
export function unclipped(rectangle: TextRectangle, ratio: number): TextRectangle {
  const { width, height } = rectangle;
  const outwards = (width * height * ratio) / (2 * (width + height));
  return { ...rectangle, width: width + 2 * outwards, height: height + 2 * outwards };
}

/** The mean probability within the rectangle. */
export function scoreOf(rectangle: TextRectangle, { width, height, values }: ProbabilityMap): number {
  const corners = cornersOf(rectangle);
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const { centre, along } = rectangle;
  let [sum, count] = [0, 0];
  for (let y = Math.max(0, Math.floor(Math.min(...ys))); y <= Math.min(height - 1, Math.ceil(Math.max(...ys))); y++) {
    for (let x = Math.max(0, Math.floor(Math.min(...xs))); x <= Math.min(width - 1, Math.ceil(Math.max(...xs))); x++) {
      const [dx, dy] = [x - centre[0], y - centre[1]];
      const beside = Math.abs(dx * along[0] + dy * along[1]) - rectangle.width / 2;
      const above = Math.abs(dy * along[0] - dx * along[1]) - rectangle.height / 2;
      if (beside > 1e-6 || above > 1e-6) continue;
      sum += values[y * width + x] ?? 0;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}
