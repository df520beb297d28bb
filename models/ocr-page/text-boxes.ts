import { type Point, type ProbabilityMap, textComponents } from './components.js';
import type { PageSettings } from './settings.js';
import { cornersOf, scoreOf, smallestRectangle, unclipped } from './text-rectangle.js';

/** Corners from the top left, clockwise, in pixels of the page. */
export type TextBox = [Point, Point, Point, Point];

/** Connected parts of the map that are looked at; noise gives thousands, a page of text hundreds. */
export const componentsMax = 2000;
/** Pixels of the map: smaller ones are specks, before and after growing (as in PP-OCR). */
const sidePxMin = 3;
const grownSidePxMin = 5;

/** The detector's map as boxes on a page of the given size (DB post-processing, without a polygon library). */
export function textBoxes(
  map: ProbabilityMap,
  page: { width: number; height: number },
  settings: PageSettings,
): TextBox[] {
  const boxes: TextBox[] = [];
  for (const points of textComponents(map, settings.pixelThreshold, componentsMax)) {
    const rectangle = smallestRectangle(points);
    if (rectangle === undefined || Math.min(rectangle.width, rectangle.height) < sidePxMin) continue;
    if (scoreOf(rectangle, map) < settings.boxThreshold) continue;
    const grown = unclipped(rectangle, settings.unclipRatio);
    if (Math.min(grown.width, grown.height) < grownSidePxMin) continue;
    const toPage = ([x, y]: Point): Point => [
      Math.min(Math.max((x * page.width) / map.width, 0), page.width),
      Math.min(Math.max((y * page.height) / map.height, 0), page.height),
    ];
    const [a, b, c, d] = cornersOf(grown);
    boxes.push([toPage(a), toPage(b), toPage(c), toPage(d)]);
  }
  return boxes;
}
