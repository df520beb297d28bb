import { exifOrientation } from './exif-orientation.js';
import { badImage, type ImageLimits } from './image-limits.js';
import { type JpegFrame, readJpegFrame } from './jpeg-frame.js';
import { checkHuffmanTables, checkQuantizationTables, checkRestartInterval, checkScan } from './jpeg-tables.js';
import { joinBytes } from './join-bytes.js';

/** A JPEG file reduced to what decides its pixels, every segment checked. */
export interface JpegFile {
  readonly frame: JpegFrame;
  readonly orientation: number;
  /** Whether the components are YCbCr (else RGB). */
  readonly ycbcr: boolean;
  /** The same picture without notes and without anything after its end: what the decoder gets to see. */
  readonly bytes: Uint8Array;
}

/**
 * Every scan passes over all blocks of the picture for as little as 12 bytes, so a small file can hold hours of work.
 * Encoders write about 10 of them.
 */
export const scansMax = 64;

const marker = {
  sof0: 0xc0,
  sof2: 0xc2,
  dht: 0xc4,
  soi: 0xd8,
  eoi: 0xd9,
  sos: 0xda,
  dqt: 0xdb,
  dri: 0xdd,
  app0: 0xe0,
  app1: 0xe1,
  app14: 0xee,
  app15: 0xef,
  com: 0xfe,
} as const;

export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === marker.soi && bytes[2] === 0xff;

interface Segment {
  readonly marker: number;
  readonly start: number;
  readonly body: Uint8Array;
  /** Where the next segment begins: for a scan, after its coded data. */
  readonly end: number;
}

/** The segments from the one after SOI to EOI. */
function* segmentsOf(bytes: Uint8Array): Generator<Segment> {
  let offset = 2;
  for (;;) {
    if (bytes[offset] !== 0xff) throw badImage(`expected a JPEG marker at byte ${offset} of ${bytes.length}`);
    while (bytes[offset + 1] === 0xff) offset++; // fill bytes (B.1.1.2)
    const kind = bytes[offset + 1];
    if (kind === undefined) throw badImage(`expected more than ${bytes.length} bytes: the JPEG is cut off`);
    if (kind === marker.eoi) return;
    const length = (bytes[offset + 2] ?? 0) * 256 + (bytes[offset + 3] ?? 0);
    const bodyEnd = offset + 2 + length;
    if (length < 2 || bodyEnd > bytes.length) {
      throw badImage(`expected a JPEG segment at byte ${offset} that fits into ${bytes.length} bytes, got ${length}`);
    }
    const end = kind === marker.sos ? codedDataEnd(bytes, bodyEnd) : bodyEnd;
    yield { marker: kind, start: offset, body: bytes.subarray(offset + 4, bodyEnd), end };
    offset = end;
  }
}

/** Coded data ends at the first marker that is neither a stuffed FF 00 nor a restart. */
function codedDataEnd(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(0xff, start); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  throw badImage(`expected more than ${bytes.length} bytes: the JPEG ends within its pixels`);
}

/** Walks the file, decodes nothing. Throws `bad-image` or `image-too-large`. */
export function readJpegSegments(bytes: Uint8Array, limits: ImageLimits): JpegFile {
  const kept: Uint8Array[] = [bytes.subarray(0, 2)];
  let frame: JpegFrame | undefined;
  let orientation = 1;
  let adobeTransform: number | undefined;
  let scans = 0;
  for (const segment of segmentsOf(bytes)) {
    const { body } = segment;
    if (segment.marker === marker.app1 && orientation === 1) orientation = exifOrientation(body);
    if (segment.marker === marker.app14) adobeTransform ??= adobeTransformOf(body);
    if (isNote(segment.marker)) continue;
    if (isFrame(segment.marker)) {
      if (frame !== undefined) throw badImage('expected one picture in the JPEG, got a second frame');
      frame = readJpegFrame(segment.marker, body, limits);
    } else if (segment.marker === marker.sos) {
      if (frame === undefined) throw badImage('the JPEG has a scan before its frame header');
      checkScan(body, frame);
      scans++;
      const most = frame.progressive ? scansMax : frame.components.length;
      if (scans > most) throw badImage(`expected at most ${most} scans in the JPEG, got more`);
    } else {
      checkTable(segment);
    }
    kept.push(bytes.subarray(segment.start, segment.end));
  }
  if (frame === undefined || scans === 0) throw badImage('the JPEG has no pixels');
  kept.push(Uint8Array.of(0xff, marker.eoi));
  return { frame, orientation, ycbcr: isYcbcr(frame, adobeTransform), bytes: joinBytes(kept) };
}

const isNote = (kind: number): boolean => (kind >= marker.app0 && kind <= marker.app15) || kind === marker.com;
const isFrame = (kind: number): boolean => kind >= marker.sof0 && kind <= marker.sof2;

function checkTable(segment: Segment): void {
  switch (segment.marker) {
    case marker.dqt:
      checkQuantizationTables(segment.body);
      return;
    case marker.dht:
      checkHuffmanTables(segment.body);
      return;
    case marker.dri:
      checkRestartInterval(segment.body);
      return;
    default:
      throw badImage(refusalOf(segment.marker));
  }
}

function refusalOf(kind: number): string {
  if (kind === 0xc3 || (kind >= 0xc5 && kind <= 0xcf)) {
    const form = kind === 0xc3 ? 'lossless' : kind >= 0xc9 ? 'arithmetic coding' : 'hierarchical';
    return `expected a baseline or progressive JPEG with Huffman coding, got one that is not (${form})`;
  }
  return `the JPEG has a segment that is not supported (marker ff${kind.toString(16).padStart(2, '0')})`;
}

/** The colour transform that Adobe's segment names (Technical Note 5116): 0 for none. */
function adobeTransformOf(body: Uint8Array): number | undefined {
  const adobe = [0x41, 0x64, 0x6f, 0x62, 0x65].every((byte, index) => body[index] === byte);
  return adobe ? body[11] : undefined;
}

/** As other decoders do: Adobe's word, else RGB when the components are named R, G, B. */
function isYcbcr(frame: JpegFrame, adobeTransform: number | undefined): boolean {
  if (adobeTransform !== undefined) return adobeTransform !== 0;
  return String.fromCharCode(...frame.components.map(({ id }) => id)) !== 'RGB';
}
