import { describe, expect, it } from 'vitest';
import { cropImage } from '../../../shared/media/crop.js';
import type { Image } from '../../../shared/media/image.js';
import { toPlanar } from '../../../shared/media/planar.js';
import { resizeBilinear } from '../../../shared/media/resize.js';

const grey = (width: number, values: number[]): Image => ({
  width,
  height: values.length / width,
  data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
});
const firsts = ({ data }: Image): number[] => [...data].filter((_, index) => index % 3 === 0);

describe('resizing', () => {
  it('samples between pixel centres and repeats the border, as OpenCV does', () => {
    // target i lies at (i + 0.5) · source / target − 0.5 of the source: −0.25, 0.25, 0.75, 1.25 and 0.5, 2.5
    expect(firsts(resizeBilinear(grey(2, [0, 100]), 4, 1))).toEqual([0, 25, 75, 100]);
    expect(firsts(resizeBilinear(grey(4, [0, 40, 80, 120]), 2, 1))).toEqual([20, 100]);
    expect(firsts(resizeBilinear(grey(1, [0, 100]), 1, 4))).toEqual([0, 25, 75, 100]);
  });

  it('takes two taps a direction whatever the scale, so that it reads what the models were trained on', () => {
    expect(firsts(resizeBilinear(grey(6, [0, 90, 0, 0, 90, 0]), 2, 1))).toEqual([90, 90]);
  });

  it('leaves an image of the wanted size alone', () => {
    const image = grey(2, [1, 2, 3, 4]);
    expect(resizeBilinear(image, 2, 2)).toBe(image);
  });
});

describe('cropping', () => {
  it('cuts out a part', () => {
    expect(firsts(cropImage(grey(3, [1, 2, 3, 4, 5, 6, 7, 8, 9]), 1, 1, 2, 2))).toEqual([5, 6, 8, 9]);
  });

  it('fills what lies beyond the image', () => {
    expect(firsts(cropImage(grey(1, [7]), -1, -1, 3, 3, [9, 9, 9]))).toEqual([9, 9, 9, 9, 7, 9, 9, 9, 9]);
    expect(firsts(cropImage(grey(1, [7]), 5, 0, 2, 1, [9, 9, 9]))).toEqual([9, 9]);
  });
});

describe('planes', () => {
  const image: Image = { width: 1, height: 1, data: Uint8Array.of(255, 0, 51) };
  it('come in the wanted order, normalised and padded with 0', () => {
    const half = [0.5, 0.5, 0.5] as const;
    const bgr = toPlanar(image, { order: 'bgr', mean: half, deviation: half, width: 2 });
    expect([...bgr].map((value) => Number(value.toFixed(5)))).toEqual([-0.6, 0, -1, 0, 1, 0]);
    const rgb = toPlanar(image, { order: 'rgb', mean: [0, 0, 0], deviation: [1, 1, 1], width: 1 });
    expect([...rgb].map((value) => Number(value.toFixed(5)))).toEqual([1, 0, 0.2]);
  });
});
