import type { Image } from '../../shared/media/image-limits.js';
import type { Ink } from './ink.js';

/** Lines of writing that are not turned on purpose: ±4°, in steps that a line of ten times its height can show. */
const slopeMax = 0.07;
const slopeStep = 0.005;
/** Enough points to see a slope by; more only take time. */
const pointsMax = 20_000;

/**
 * How many pixels the writing falls from one column to the next: the slope at which ink gathers in the fewest rows.
 */
export function slopeOf(ink: Ink): number {
  const points = inkPoints(ink);
  let best = 0;
  let bestScore = gathering(points, ink, 0) * 1.02; // straight, unless another slope is clearly better
  for (let step = -Math.round(slopeMax / slopeStep); step * slopeStep <= slopeMax; step++) {
    const score = gathering(points, ink, step * slopeStep);
    if (score > bestScore) [best, bestScore] = [step * slopeStep, score];
  }
  return best;
}

interface Points {
  readonly x: Uint16Array;
  readonly y: Uint16Array;
}

function inkPoints({ mask, width, count }: Ink): Points {
  const every = Math.max(1, Math.ceil(count / pointsMax));
  const x = new Uint16Array(Math.ceil(count / every));
  const y = new Uint16Array(x.length);
  let seen = 0;
  for (let at = mask.indexOf(1); at !== -1; at = mask.indexOf(1, at + 1)) {
    if (seen % every === 0) {
      x[seen / every] = at % width;
      y[seen / every] = Math.floor(at / width);
    }
    seen++;
  }
  return { x, y };
}

/** The sum of squares of the ink in each row after the slope is undone: the higher, the straighter. */
function gathering(points: Points, { width, height }: Ink, slope: number): number {
  const reach = Math.ceil(Math.abs(slope) * width);
  const rows = new Uint32Array(height + 2 * reach + 1);
  for (let i = 0; i < points.x.length; i++) {
    const row = Math.round((points.y[i] ?? 0) - slope * (points.x[i] ?? 0)) + reach;
    rows[row] = (rows[row] ?? 0) + 1;
  }
  return rows.reduce((sum, count) => sum + count * count, 0);
}

/** Moves every column up by the slope, so that the writing is level; what comes in at the border repeats its last row. */
export function straighten(image: Image, slope: number): Image {
  if (slope === 0) return image;
  const { width, height } = image;
  const reach = Math.ceil(Math.abs(slope) * width);
  const shift = slope > 0 ? reach : 0;
  const tall = height + reach;
  const data = new Uint8Array(width * tall * 3);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < tall; y++) {
      const from = Math.min(Math.max(y - shift + slope * x, 0), height - 1);
      const upper = Math.floor(from);
      const weight = from - upper;
      const above = (upper * width + x) * 3;
      const below = (Math.min(upper + 1, height - 1) * width + x) * 3;
      const to = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) {
        data[to + c] = Math.round((image.data[above + c] ?? 0) * (1 - weight) + (image.data[below + c] ?? 0) * weight);
      }
    }
  }
  return { width, height: tall, data };
}
