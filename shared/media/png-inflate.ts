import { Unzlib } from 'fflate';
import { badImage } from './image-limits.js';

/** Deflate cannot expand more than this (a match of 258 bytes for two bits). */
const expansionMax = 1032;
/** Smallest and largest piece that is inflated at once: the smallest bounds what is inflated past the end, at 4 MiB. */
const pieceBytesMin = 4 * 1024;
const pieceBytesMax = 64 * 1024;

/**
 * Inflates a zlib stream that must give exactly `expected` bytes. What the header does not imply is never inflated: the
 * stream is fed in pieces that can hardly go past the end, and no piece is read after it has (a 1×1 PNG may hold 800 MB
 * of pixels: 8 s and 2.3 GB without this). Throws `bad-image`.
 */
export function inflateExactly(compressed: Uint8Array, expected: number): Uint8Array {
  const out = new Uint8Array(expected);
  let filled = 0;
  const stream = new Unzlib((inflated) => {
    if (filled + inflated.length > expected) {
      throw badImage(`expected ${expected} bytes of PNG pixels, as the header implies, got more`);
    }
    out.set(inflated, filled);
    filled += inflated.length;
  });
  for (let offset = 0; offset < compressed.length;) {
    const fits = Math.floor((expected - filled) / expansionMax);
    const end = offset + Math.min(Math.max(fits, pieceBytesMin), pieceBytesMax);
    push(stream, compressed.subarray(offset, end));
    offset = end;
  }
  if (filled < expected) {
    throw badImage(`expected ${expected} bytes of PNG pixels, as the header implies, got ${filled}`);
  }
  return out;
}

function push(stream: Unzlib, piece: Uint8Array): void {
  try {
    stream.push(piece);
  } catch (error) {
    if (error instanceof Error && error.name === 'BrinkError') throw error;
    throw badImage('the PNG pixels are not a valid zlib stream', error);
  }
}
