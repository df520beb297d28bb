import type { Image, ImageLimits } from './image-limits.js';
import { readPngChunks } from './png-chunks.js';
import { type PixelPainter, pixelPainter } from './png-colour.js';
import { type PngHeader, type PngPass, pngPasses } from './png-header.js';
import { inflateExactly } from './png-inflate.js';
import { unfilterPass } from './png-unfilter.js';

export { isPng } from './png-chunks.js';

/**
 * A PNG of any colour type, depth and interlacing as RGB, laid over white; of an animation the still image. Decoded
 * here and not by a package because only who inflates the pixels can bound them, and what is left then is short.
 * Throws `bad-image` or `image-too-large`.
 */
export function decodePng(bytes: Uint8Array, limits: ImageLimits): Image {
  const file = readPngChunks(bytes, limits);
  const { header } = file;
  const passes = pngPasses(header);
  const raw = inflateExactly(file.pixels, rawBytes(passes));
  const data = new Uint8Array(header.width * header.height * 3);
  const paint = pixelPainter(file);
  const step = Math.max(1, (header.channels * header.depth) / 8);
  let start = 0;
  for (const pass of passes) {
    const end = unfilterPass(raw, start, pass, step);
    paintPass(raw, start, pass, header, paint, data);
    start = end;
  }
  return { width: header.width, height: header.height, data };
}

const rawBytes = (passes: readonly PngPass[]): number =>
  passes.reduce((sum, pass) => sum + pass.height * (1 + pass.rowBytes), 0);

function paintPass(
  raw: Uint8Array,
  start: number,
  pass: PngPass,
  header: PngHeader,
  paint: PixelPainter,
  out: Uint8Array,
): void {
  const { channels, depth, width } = header;
  const samples = new Uint16Array(channels);
  for (let y = 0; y < pass.height; y++) {
    const row = start + y * (1 + pass.rowBytes) + 1;
    const outRow = (pass.y0 + y * pass.dy) * width;
    for (let x = 0; x < pass.width; x++) {
      for (let c = 0; c < channels; c++) samples[c] = sampleAt(raw, row, x * channels + c, depth);
      paint(samples, out, (outRow + pass.x0 + x * pass.dx) * 3);
    }
  }
}

/** Sample `index` of a row: samples narrower than a byte lie from the high bits down, wider ones big-endian. */
function sampleAt(raw: Uint8Array, row: number, index: number, depth: number): number {
  if (depth === 8) return raw[row + index] ?? 0;
  if (depth === 16) return (raw[row + 2 * index] ?? 0) * 256 + (raw[row + 2 * index + 1] ?? 0);
  const bit = index * depth;
  return ((raw[row + (bit >> 3)] ?? 0) >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}
