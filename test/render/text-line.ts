import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { seededRandom } from '../harness/random.js';
import { type FontName, fontNames, registerFonts } from './fonts.js';

/** A line of text as an image, and what it says. */
export interface RenderedLine {
  readonly png: Uint8Array;
  readonly text: string;
  readonly font: FontName;
  readonly fontPx: number;
  readonly degrees: number;
  readonly dark: boolean;
}

export const lineFontsPx = [20, 28, 40] as const;

const words = [
  'anchor', 'basin', 'copper', 'delta', 'ember', 'fjord', 'garden', 'harbour', 'island', 'jungle', 'kettle', 'lantern',
  'meadow', 'number', 'orchard', 'pepper', 'quarry', 'river', 'signal', 'timber', 'uplands', 'valley', 'window',
  'yellow', 'zephyr', 'Amber', 'Bridge', 'Castle', 'Dragon', 'Eagle', 'Forest', 'Granite', 'Harvest', 'Kingdom',
  'Mountain', 'Northern', 'Printer', 'Summer', 'Thunder', 'Winter',
]; // prettier-ignore

const pick = <T>(items: readonly T[], random: () => number): T => items[Math.floor(random() * items.length)]!;

/** Two to five words, now and then a number, now and then a full stop. */
export function lineText(random: () => number): string {
  const count = 2 + Math.floor(random() * 4);
  const parts = Array.from({ length: count }, () =>
    random() < 0.2 ? String(10 + Math.floor(random() * 9990)) : pick(words, random),
  );
  return parts.join(' ') + (random() < 0.3 ? '.' : '');
}

/** One line: text, font, size, up to ±2° of rotation, noise and colours all follow from the seed. */
export function renderLine(seed: number): RenderedLine {
  registerFonts();
  const random = seededRandom(seed);
  const text = lineText(random);
  const font = pick(fontNames, random);
  const fontPx = pick(lineFontsPx, random);
  const degrees = (random() * 2 - 1) * 2;
  const dark = random() < 0.5;
  return { png: drawLine({ text, font, fontPx, degrees, dark }, random), text, font, fontPx, degrees, dark };
}

/** `count` lines, the same for the same seed. */
export function lineCorpus(count: number, seed: number): RenderedLine[] {
  return Array.from({ length: count }, (_, index) => renderLine(seed * 100_003 + index));
}

type LineStyle = Omit<RenderedLine, 'png'>;

/** Draws with a blank margin of about a line's height all round, which a reader has to cope with. */
export function drawLine(style: LineStyle, random: () => number): Uint8Array {
  registerFonts();
  const { text, font, fontPx, degrees, dark } = style;
  const face = `${fontPx}px "${font}"`;
  const probe = createCanvas(1, 1).getContext('2d');
  probe.font = face;
  const radians = (degrees * Math.PI) / 180;
  const textWidth = Math.ceil(probe.measureText(text).width);
  const width = textWidth + 2 * fontPx;
  const height = Math.ceil(fontPx * 2.4 + Math.abs(Math.sin(radians)) * textWidth);
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const [paper, ink] = coloursOf(dark, random);
  context.fillStyle = paper;
  context.fillRect(0, 0, width, height);
  context.translate(width / 2, height / 2);
  context.rotate(radians);
  context.font = face;
  context.fillStyle = ink;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, 0, 0);
  addNoise(context, width, height, 4 + random() * 10, random);
  return new Uint8Array(canvas.toBuffer('image/png'));
}

/** Paper and ink, far enough from each other to be read. */
function coloursOf(dark: boolean, random: () => number): [string, string] {
  const near = (base: number, spread: number): number => Math.round(base + (random() - 0.5) * spread);
  const bright = `rgb(${near(235, 40)}, ${near(235, 40)}, ${near(235, 40)})`;
  const dim = `rgb(${near(40, 60)}, ${near(40, 60)}, ${near(40, 60)})`;
  return dark ? [dim, bright] : [bright, dim];
}

/** Adds a random value to every pixel, the same to its three channels. */
export function addNoise(
  context: SKRSContext2D,
  width: number,
  height: number,
  amplitude: number,
  random: () => number,
): void {
  const pixels = context.getImageData(0, 0, width, height);
  for (let i = 0; i < pixels.data.length; i += 4) {
    const noise = (random() + random() - 1) * 2 * amplitude; // triangular: mostly small, at most twice the amplitude
    for (let c = 0; c < 3; c++) pixels.data[i + c] = Math.max(0, Math.min(255, pixels.data[i + c]! + noise));
  }
  context.putImageData(pixels, 0, 0);
}
