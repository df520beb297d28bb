import { describe, expect, it } from 'vitest';
import type { Point, ProbabilityMap } from '../../models/ocr-page/components.js';
import { textComponents } from '../../models/ocr-page/components.js';
import { cropBox } from '../../models/ocr-page/crop-box.js';
import { detectorTensor } from '../../models/ocr-page/detector-tensor.js';
import { inReadingOrder } from '../../models/ocr-page/reading-order.js';
import { pageSettingsSchema } from '../../models/ocr-page/settings.js';
import { textBoxes, type TextBox } from '../../models/ocr-page/text-boxes.js';
import { cornersOf, scoreOf, smallestRectangle, unclipped } from '../../models/ocr-page/text-rectangle.js';
import type { Image } from '../../shared/media/image.js';

function map(width: number, height: number, value: (x: number, y: number) => number): ProbabilityMap {
  const values = Float32Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  return { width, height, values };
}

const box = (left: number, top: number, width: number, height: number): TextBox => [
  [left, top],
  [left + width, top],
  [left + width, top + height],
  [left, top + height],
];

describe('text components', () => {
  const two = map(12, 6, (x, y) => (x === y || (x > 8 && y < 2) ? 0.9 : 0.1));
  it('are joined over corners and told apart over gaps', () => {
    expect(textComponents(two, 0.3, 10)).toHaveLength(2);
  });

  it('are at most as many as the limit', () => {
    expect(textComponents(two, 0.3, 1)).toHaveLength(1);
    expect(textComponents(two, 0.95, 10)).toEqual([]);
  });

  it('give of every row the first and the last pixel', () => {
    const [square] = textComponents(
      map(6, 4, (x, y) => Number(x > 0 && x < 5 && y > 0 && y < 3)),
      0.5,
      10,
    );
    expect(square).toEqual([[1, 1], [4, 1], [1, 2], [4, 2]]); // prettier-ignore
  });
});

describe('the smallest rectangle', () => {
  const at = (degrees: number): Point[] => {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    return box(-20, -4, 40, 8).map(([x, y]): Point => [50 + x * cos - y * sin, 50 + x * sin + y * cos]);
  };
  it.each([-44, -30, -5, 0, 5, 30, 44])('follows points turned by %i° and starts at their top left', (degrees) => {
    const rectangle = smallestRectangle(at(degrees))!;
    expect(rectangle.width).toBeCloseTo(40, 6);
    expect(rectangle.height).toBeCloseTo(8, 6);
    const [first] = cornersOf(rectangle);
    expect(first[0]).toBeCloseTo(at(degrees)[0]![0], 6);
    expect(first[1]).toBeCloseTo(at(degrees)[0]![1], 6);
  });

  it('of points in one line has no height, of fewer than three points there is none', () => {
    expect(smallestRectangle([[0, 0], [1, 1], [2, 2]])?.height).toBe(0); // prettier-ignore
    expect(smallestRectangle([[0, 0]])).toBeUndefined();
  });

  it('grows by area × ratio / perimeter on every side', () => {
    const grown = unclipped(smallestRectangle(at(0))!, 1.5);
    expect([grown.width, grown.height]).toEqual([40 + 2 * 5, 8 + 2 * 5]); // 40 · 8 · 1.5 / 96 = 5
  });

  it('is scored by the mean of the map within it', () => {
    const half = map(20, 20, (x) => (x < 10 ? 1 : 0));
    expect(scoreOf(smallestRectangle([[5, 5], [14, 5], [14, 9], [5, 9]])!, half)).toBeCloseTo(0.5, 6); // prettier-ignore
  });
});

describe('text boxes', () => {
  const settings = pageSettingsSchema.parse({});
  const page = { width: 200, height: 100 };
  it('are in pixels of the page and stay on it', () => {
    const boxes = textBoxes(
      map(100, 50, (x, y) => Number(x < 40 && y >= 10 && y < 20)),
      page,
      settings,
    );
    expect(boxes).toHaveLength(1);
    const [[left, top], [right], , [, bottom]] = boxes[0]!;
    expect([left, top < 20, right > 80, bottom > 38]).toEqual([0, true, true, true]);
  });

  it('are not made of specks nor of what is only just text', () => {
    expect(
      textBoxes(
        map(100, 50, (x, y) => Number(x === 5 && y < 2)),
        page,
        settings,
      ),
    ).toEqual([]);
    expect(
      textBoxes(
        map(100, 50, (x, y) => (x < 40 && y < 10 ? 0.4 : 0)),
        page,
        settings,
      ),
    ).toEqual([]);
  });
});

describe('cropping a box', () => {
  const page: Image = { width: 10, height: 10, data: Uint8Array.from({ length: 300 }, (_, i) => Math.floor(i / 3)) };
  const firsts = ({ data }: Image): number[] => [...data].filter((_, index) => index % 3 === 0);
  it('gives the pixels of an upright box as they are', () => {
    expect(firsts(cropBox(page, box(2, 3, 3, 2)))).toEqual([32, 33, 34, 42, 43, 44]);
  });

  it('turns a line that runs downwards so that it runs to the right', () => {
    const turned = cropBox(page, box(4, 2, 1, 5));
    expect([turned.width, turned.height]).toEqual([5, 1]);
    expect(firsts(turned)).toEqual([24, 34, 44, 54, 64]);
  });
});

describe('the reading order', () => {
  it('is by rows, and from the left within a row', () => {
    const [a, b, c, d] = [box(0, 2, 50, 10), box(60, 0, 50, 10), box(0, 20, 50, 10), box(60, 23, 50, 10)];
    expect(inReadingOrder([d, c, b, a])).toEqual([a, b, c, d]);
  });
});

describe('the detector input', () => {
  const blank = (width: number, height: number): Image => ({ width, height, data: new Uint8Array(width * height * 3) });
  it.each([
    [100, 50, 96, 64],
    [10, 10, 32, 32],
    [1920, 1080, 960, 544],
    [700, 2000, 352, 960],
  ])(
    // prettier-ignore
    'of a page of %i×%i is %i×%i: multiples of 32, at most 960',
    (width, height, toWidth, toHeight) => {
      expect(detectorTensor(blank(width, height), 960).shape).toEqual([1, 3, toHeight, toWidth]);
    },
  );
});
