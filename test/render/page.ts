import { createCanvas } from '@napi-rs/canvas';
import { seededRandom } from '../harness/random.js';
import { type FontName, fontNames, registerFonts } from './fonts.js';
import { addNoise, lineText } from './text-line.js';

/** A page of text as an image, and its lines from the top down. */
export interface RenderedPage {
  readonly png: Uint8Array;
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
}

/** `count` lines (at least 8 make a page) of one font on one page, with some noise; all from the seed. */
export function renderPage(seed: number, count = 10): RenderedPage {
  const random = seededRandom(seed);
  const font = fontNames[Math.floor(random() * fontNames.length)]!;
  const lines = Array.from({ length: count }, () => lineText(random));
  return drawPage(lines, font, random);
}

/** The given lines in the given font, from the top down. */
export function drawPage(
  lines: readonly string[],
  font: FontName,
  random: () => number,
  noiseAmplitude = 5,
): RenderedPage {
  registerFonts();
  const fontPx = 28;
  const [width, leading, margin] = [900, 62, 60];
  const height = 2 * margin + lines.length * leading;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#f8f6f0';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#222222';
  context.textBaseline = 'middle';
  context.font = `${fontPx}px "${font}"`;
  for (const [index, line] of lines.entries()) {
    context.fillText(line, margin, margin + (index + 0.5) * leading, width - 2 * margin);
  }
  addNoise(context, width, height, noiseAmplitude, random);
  return { png: new Uint8Array(canvas.toBuffer('image/png')), lines, width, height };
}
