import { describe, expect, it } from 'vitest';
import { decodeGreedy } from '../../models/ocr/ctc.js';
import { findInk, inkBox } from '../../models/ocr/ink.js';
import { readLabels } from '../../models/ocr/labels.js';
import { pieceWidthPxMax, splitLine } from '../../models/ocr/split-line.js';
import { slopeOf } from '../../models/ocr/straighten.js';
import { trimLine } from '../../models/ocr/trim-line.js';
import { scaledWidthPx } from '../../models/ocr/line-tensor.js';
import { decodeImage, type Image } from '../../shared/media/image.js';
import { seededRandom } from '../harness/random.js';
import { drawLine } from '../render/text-line.js';

function drawn(width: number, height: number, ink: (x: number, y: number) => boolean, paper = 240, dark = 20): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    data.fill(ink(i % width, Math.floor(i / width)) ? dark : paper, i * 3, i * 3 + 3);
  }
  return { width, height, data };
}

describe('greedy CTC', () => {
  const labels = ['', 'a', 'b', ' '];
  const steps = (...rows: number[][]): Float32Array => Float32Array.from(rows.flat());
  const [blank, a, b] = [[0.9, 0.1, 0, 0], [0.1, 0.8, 0.1, 0], [0, 0.3, 0.7, 0]]; // prettier-ignore
  const read = (values: Float32Array, spaceProbabilityMin = 0.2): string =>
    decodeGreedy(values, { labels, spaceProbabilityMin }).map(({ character }) => character).join(''); // prettier-ignore

  it('joins repeats and keeps those with a blank between them', () => {
    expect(read(steps(a, a, b, blank, b))).toBe('abb');
  });

  it('reads a space where its class is likely enough, though the blank is likelier', () => {
    const gap = [0.7, 0, 0, 0.3];
    expect(read(steps(a, gap, b))).toBe('a b');
    expect(read(steps(a, gap, b), 0.5)).toBe('ab');
  });

  it('reads no space before a closing mark, unless it is likelier than not', () => {
    const options = { labels: ['', 'a', '.', ' '], spaceProbabilityMin: 0.2 };
    const texts = [0.3, 0.6].map(
      (space) =>
      decodeGreedy(steps(a, [1 - space, 0, 0, space], b), options).map(({ character }) => character).join(''), // prettier-ignore
    );
    expect(texts).toEqual(['a.', 'a .']);
  });

  it('drops spaces at both ends', () => {
    const space = [0, 0, 0, 1];
    expect(read(steps(space, a, space))).toBe('a');
  });

  it('gives each character the probability it was read with', () => {
    const [first] = decodeGreedy(steps(a), { labels, spaceProbabilityMin: 1 });
    expect(first?.probability).toBeCloseTo(0.8, 6);
  });
});

describe('labels', () => {
  const file = new TextEncoder().encode('x\r\ny\n');
  it('stand between the blank and the space', () => {
    expect(readLabels(file, 4)).toEqual(['', 'x', 'y', ' ']);
  });

  it('must be as many as the classes', () => {
    expect(() => readLabels(file, 9)).toThrow(/9 labels, the file gives 4/);
  });
});

describe('ink', () => {
  it('is found dark on light and light on dark', () => {
    const inked = (x: number, y: number): boolean => x >= 4 && x < 9 && y >= 3 && y < 6;
    for (const image of [drawn(20, 10, inked), drawn(20, 10, inked, 20, 240)]) {
      expect(inkBox(findInk(image)!)).toEqual({ left: 4, right: 9, top: 3, bottom: 6 });
    }
  });

  it('is not found on blank paper', () => {
    expect(findInk(drawn(20, 10, () => false))).toBeUndefined();
  });
});

describe('trimming', () => {
  it('leaves a margin in proportion to the ink, even where the image has none', () => {
    const line = trimLine(drawn(60, 20, (x, y) => x < 60 && y >= 5 && y < 15 && x % 3 !== 0))!;
    expect(line.height).toBe(10 + 2 * 3);
    expect(line.width).toBe(59 + 2 * 3);
    expect(line.data[0]).toBe(240); // paper
  });

  it.each([-2, -1, 0, 1, 2])('levels writing that is turned by %i°', (degrees) => {
    const style = {
      text: 'Northern harbour window 4711',
      font: 'Brink Roboto',
      fontPx: 28,
      degrees,
      dark: true,
    } as const;
    const image = decodeImage(drawLine(style, seededRandom(5)), { sideMax: 2000, pixelsMax: 1_000_000 });
    expect(Math.abs(slopeOf(findInk(image)!) - Math.tan((degrees * Math.PI) / 180))).toBeLessThan(0.012);
    expect(trimLine(image)!.height).toBeLessThan(28 * 1.8);
  });
});

describe('splitting', () => {
  const words = (x: number): boolean => x % 200 < 170; // gaps of 30 in every 200
  it('leaves a line alone that can be read at once', () => {
    const image = drawn(400, 40, words);
    expect(splitLine(image)).toEqual([{ image, joint: '' }]);
  });

  it('cuts a wide line in its gaps, into pieces that can be read at once', () => {
    const pieces = splitLine(drawn(4000, 40, words));
    expect(pieces.map(({ joint }) => joint).join('')).toMatch(/^ +$/);
    expect(pieces.reduce((sum, { image }) => sum + image.width, 0)).toBe(4000);
    for (const { image } of pieces) expect(scaledWidthPx(image)).toBeLessThanOrEqual(pieceWidthPxMax);
  });

  it('cuts where it must when there is no gap, and joins without a space', () => {
    const pieces = splitLine(drawn(4000, 40, (_, y) => y > 10));
    expect(pieces.length).toBeGreaterThan(1);
    expect(new Set(pieces.map(({ joint }) => joint))).toEqual(new Set(['']));
  });
});
