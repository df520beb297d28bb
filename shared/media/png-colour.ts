import { badImage } from './image-limits.js';
import type { PngFile } from './png-chunks.js';
import { colour } from './png-header.js';

/** Writes the colour of one pixel, whose samples are given as they lie in the file, to `out` at `at`. */
export type PixelPainter = (samples: Uint16Array, out: Uint8Array, at: number) => void;

/** Laid over white: what is transparent shows the paper. */
const overWhite = (value: number, alpha: number): number => Math.round((value * alpha + 255 * (255 - alpha)) / 255);

/** The painter for a file's colour type, depth, palette and transparent colour. */
export function pixelPainter(file: PngFile): PixelPainter {
  const { colourType, depth } = file.header;
  if (colourType === colour.palette) return palettePainter(file);
  const factor = 255 / (2 ** depth - 1);
  const to8 = depth === 16 ? (value: number) => value >> 8 : (value: number) => value * factor;
  const at = (samples: Uint16Array, index: number): number => to8(samples[index] ?? 0);
  const grey = colourType === colour.grey || colourType === colour.greyAlpha;
  const alphaAt = colourType === colour.greyAlpha ? 1 : colourType === colour.rgba ? 3 : undefined;
  const isKey = alphaAt === undefined ? transparentKey(file) : () => false;
  return (samples, out, to) => {
    const alpha = alphaAt === undefined ? (isKey(samples) ? 0 : 255) : at(samples, alphaAt);
    for (let channel = 0; channel < 3; channel++) {
      const value = at(samples, grey ? 0 : channel);
      out[to + channel] = alpha === 255 ? value : overWhite(value, alpha);
    }
  };
}

function palettePainter({ palette = new Uint8Array(), transparency }: PngFile): PixelPainter {
  const count = palette.length / 3;
  const flat = palette.map((value, index) => overWhite(value, transparency?.[Math.floor(index / 3)] ?? 255));
  return (samples, out, to) => {
    const index = samples[0] ?? 0;
    if (index >= count) throw badImage(`expected a PNG palette index below ${count}, got ${index}`);
    for (let channel = 0; channel < 3; channel++) out[to + channel] = flat[index * 3 + channel] ?? 0;
  };
}

/** Whether a pixel has the one colour that tRNS calls transparent (11.3.2.1). */
function transparentKey({ header, transparency }: PngFile): (samples: Uint16Array) => boolean {
  if (transparency === undefined) return () => false;
  const { channels } = header;
  if (transparency.length !== channels * 2) {
    throw badImage(`expected ${channels * 2} bytes of PNG transparency, got ${transparency.length}`);
  }
  const key = Array.from(
    { length: channels },
    (_, i) => (transparency[2 * i] ?? 0) * 256 + (transparency[2 * i + 1] ?? 0),
  );
  return (samples) => key.every((value, index) => samples[index] === value);
}
