import { crc32 } from './crc32.js';
import { badImage, type ImageLimits } from './image-limits.js';
import { colour, type PngHeader, readPngHeader } from './png-header.js';
import { joinBytes } from './join-bytes.js';

/** The parts of a PNG file that decide its pixels. All other chunks are dropped unread, the compressed ones too. */
export interface PngFile {
  readonly header: PngHeader;
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
  /** The compressed pixels. */
  readonly pixels: Uint8Array;
}

/** A file may be cut into as many chunks as it has bytes: what is kept of each has a cost of its own. */
export const chunksMax = 65_536;

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export const isPng = (bytes: Uint8Array): boolean => signature.every((byte, index) => bytes[index] === byte);

interface Chunk {
  readonly type: string;
  readonly body: Uint8Array;
}

/** The chunks up to IEND, each with its checksum checked if it is one that we read. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = signature.length;
  for (let count = 1; ; count++) {
    if (count > chunksMax) throw badImage(`expected at most ${chunksMax} PNG chunks, got more`);
    const left = bytes.length - offset;
    if (left < 12) throw badImage(`expected a PNG chunk of at least 12 bytes at byte ${offset}, got ${left}: cut off`);
    const length = view.getUint32(offset);
    if (length > left - 12) {
      throw badImage(`expected ${length} bytes in the PNG chunk at byte ${offset}, got ${left - 12}: cut off`);
    }
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) throw badImage(`expected four letters as a PNG chunk's type at byte ${offset}`);
    const critical = type.charCodeAt(0) < 0x61;
    const end = offset + 8 + length;
    if ((critical || type === 'tRNS') && crc32(bytes.subarray(offset + 4, end)) !== view.getUint32(end)) {
      throw badImage(`the checksum of the PNG chunk ${type} at byte ${offset} does not match`);
    }
    yield { type, body: bytes.subarray(offset + 8, end) };
    if (type === 'IEND') return;
    offset = end + 4;
  }
}

/** Walks the file. Throws `bad-image` or `image-too-large` (the header comes first) and inflates nothing. */
export function readPngChunks(bytes: Uint8Array, limits: ImageLimits): PngFile {
  let header: PngHeader | undefined;
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  const pixels: Uint8Array[] = [];
  for (const { type, body } of chunksOf(bytes)) {
    if (header === undefined) {
      if (type !== 'IHDR') throw badImage(`expected IHDR as the first PNG chunk, got ${type}`);
      header = readPngHeader(body, limits);
    } else if (type === 'PLTE') {
      palette = checkPalette(body);
    } else if (type === 'tRNS') {
      transparency = body;
    } else if (type === 'IDAT') {
      pixels.push(body);
    } else if (type.charCodeAt(0) < 0x61 && type !== 'IEND') {
      throw badImage(`the PNG chunk ${type} is not known here and cannot be skipped, or stands twice`);
    }
  }
  if (header === undefined) throw badImage('the PNG has no header');
  if (pixels.length === 0) throw badImage('the PNG has no IDAT chunk, so no pixels');
  if (header.colourType === colour.palette && palette === undefined) {
    throw badImage('the PNG has palette colours and no palette');
  }
  return { header, palette, transparency, pixels: joinBytes(pixels) };
}

function checkPalette(body: Uint8Array): Uint8Array {
  if (body.length % 3 === 0 && body.length >= 3 && body.length <= 768) return body;
  throw badImage(`expected a PNG palette of 1 to 256 colours of 3 bytes, got ${body.length} bytes`);
}
