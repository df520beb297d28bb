import type { Image } from '../../shared/media/image-limits.js';
import type { Point } from './components.js';
import type { TextBox } from './text-boxes.js';

/** A box this much higher than wide holds a line that runs downwards. */
const uprightRatio = 4;

const distance = (a: Point, b: Point): number => Math.hypot(b[0] - a[0], b[1] - a[1]);

/** What is in the box, turned level; a line that runs downwards is turned to run to the right. */
export function cropBox(page: Image, box: TextBox): Image {
  const [topLeft, topRight, bottomRight, bottomLeft] = box;
  const width = Math.max(1, Math.round(Math.max(distance(topLeft, topRight), distance(bottomLeft, bottomRight))));
  const height = Math.max(1, Math.round(Math.max(distance(topLeft, bottomLeft), distance(topRight, bottomRight))));
  if (height < uprightRatio * width) return sampled(page, topLeft, topRight, bottomLeft, width, height);
  return sampled(page, topRight, bottomRight, topLeft, height, width);
}

/** Bilinear samples on the grid from `origin` towards `right` and `down`; outside the page its border repeats. */
function sampled(page: Image, origin: Point, right: Point, down: Point, width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const v = (y + 0.5) / height;
    for (let x = 0; x < width; x++, to += 3) {
      const u = (x + 0.5) / width;
      const px = origin[0] + (right[0] - origin[0]) * u + (down[0] - origin[0]) * v - 0.5;
      const py = origin[1] + (right[1] - origin[1]) * u + (down[1] - origin[1]) * v - 0.5;
      samplePixel(page, px, py, data, to);
    }
  }
  return { width, height, data };
}

function samplePixel(page: Image, px: number, py: number, out: Uint8Array, to: number): void {
  const x = Math.min(Math.max(px, 0), page.width - 1);
  const y = Math.min(Math.max(py, 0), page.height - 1);
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [beside, below] = [x - left, y - top];
  const right = Math.min(left + 1, page.width - 1);
  const upper = top * page.width;
  const lower = Math.min(top + 1, page.height - 1) * page.width;
  const at = (pixel: number, channel: number): number => page.data[pixel * 3 + channel] ?? 0;
  for (let c = 0; c < 3; c++) {
    const above = at(upper + left, c) * (1 - beside) + at(upper + right, c) * beside;
    const under = at(lower + left, c) * (1 - beside) + at(lower + right, c) * beside;
    out[to + c] = Math.round(above * (1 - below) + under * below);
  }
}
