import { createCanvas } from '@napi-rs/canvas';
import { describe, expect, it } from 'vitest';
import { uprightImage } from '../../../shared/media/exif-orientation.js';
import { decodeImage, type ImageLimits } from '../../../shared/media/image.js';
import { scansMax } from '../../../shared/media/jpeg-segments.js';
import { joinBytes } from '../../../shared/media/join-bytes.js';
import { seededRandom } from '../../harness/random.js';
import { failureOf, fuzz } from './bad-input.js';

const limits: ImageLimits = { sideMax: 4096, pixelsMax: 1_000_000 };
const decode = (bytes: Uint8Array) => decodeImage(bytes, limits);

const soi = Uint8Array.of(0xff, 0xd8);
const eoi = Uint8Array.of(0xff, 0xd9);

function segment(marker: number, ...body: number[]): Uint8Array {
  return Uint8Array.of(0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body);
}

const jpeg = (...parts: Uint8Array[]): Uint8Array => joinBytes([soi, ...parts, eoi]);

/** The body of a frame header; a component is its id and a sampling of 1×1. */
const frame = (width: number, height: number, ids: number[], precision = 8): number[] =>
  [precision, height >> 8, height & 255, width >> 8, width & 255, ids.length, ...ids.flatMap((id) => [id, 0x11, 0])]; // prettier-ignore

/** Left half dark, right half light, a smooth gradient down in blue. */
function drawing(width: number, height: number): Uint8Array {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#200';
  context.fillRect(0, 0, width / 2, height);
  return new Uint8Array(canvas.toBuffer('image/jpeg', 92));
}

/** One block of 8×8, all white, in two scans: its DC coefficient of 1,016, then no others. */
const quantization = segment(0xdb, 0, ...Array.from({ length: 64 }, () => 1));
const oneCode = (table: number, symbol: number): Uint8Array =>
  segment(0xc4, table, 1, ...Array.from({ length: 15 }, () => 0), symbol);
const scanDc = joinBytes([segment(0xda, 1, 1, 0, 0, 0, 0), Uint8Array.of(0x7f, 0x1f)]);
const scanAc = joinBytes([segment(0xda, 1, 1, 0, 1, 63, 0), Uint8Array.of(0x7f)]);
const tables = joinBytes([quantization, segment(0xc2, ...frame(8, 8, [1])), oneCode(0x00, 10), oneCode(0x10, 0)]);

describe('a JPEG', () => {
  it('of a camera or a program reads close to what was drawn', () => {
    const image = decode(drawing(64, 40));
    expect([image.width, image.height]).toEqual([64, 40]);
    const at = (x: number, y: number): number[] => [...image.data.subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3)];
    for (const [value, wanted] of [
      [at(8, 20), [0x22, 0, 0]],
      [at(56, 20), [255, 255, 255]],
    ] as const) {
      for (const [channel, one] of value.entries()) expect(Math.abs(one - wanted[channel]!)).toBeLessThan(8);
    }
  });

  it('in progressive form is read', () => {
    const image = decode(jpeg(tables, scanDc, scanAc));
    expect([image.width, image.height]).toEqual([8, 8]);
    expect(new Set(image.data)).toEqual(new Set([255]));
  });

  it('is turned upright as its Exif orientation says, big-endian or little-endian', () => {
    const exif = (...tiff: number[]): Uint8Array => segment(0xe1, 0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff);
    const little = exif(0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0);
    const big = exif(0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0);
    const plain = drawing(64, 40);
    for (const note of [little, big]) {
      const image = decode(joinBytes([soi, note, plain.subarray(2)]));
      expect([image.width, image.height]).toEqual([40, 64]);
      expect(image.data[0]).toBeLessThan(60); // what was left is now above
      expect(image.data.at(-1)).toBeGreaterThan(230);
    }
    const broken = exif(0x4d, 0x4d, 0, 42, 0xff, 0, 0, 8);
    expect(decode(joinBytes([soi, broken, plain.subarray(2)])).width).toBe(64);
  });

  it.each([
    [1, 'ABCD'],
    [2, 'BADC'],
    [3, 'DCBA'],
    [4, 'CDAB'],
    [5, 'ACBD'],
    [6, 'CADB'],
    [7, 'DBCA'],
    [8, 'BDAC'],
  ])('held as orientation %i says shows its corners as %s', (orientation, corners) => {
    const data = new TextEncoder().encode('AAABBBCCCDDD');
    const upright = uprightImage({ width: 2, height: 2, data }, orientation);
    expect([0, 3, 6, 9].map((at) => String.fromCharCode(upright.data[at]!)).join('')).toBe(corners);
  });

  it('may be followed by other data, as phones do', () => {
    expect(decode(joinBytes([drawing(16, 16), new Uint8Array(1000).fill(0xff)])).width).toBe(16);
  });
});

describe('a bad JPEG', () => {
  it('is refused wherever it is cut off', () => {
    const bytes = drawing(60, 40);
    for (let length = 3; length < bytes.length; length += 5) {
      expect(failureOf(() => decode(bytes.subarray(0, length))).code).toBe('bad-image');
    }
  });

  it('that is too large is refused from its header, with both numbers', () => {
    const { code, message } = failureOf(() => decode(jpeg(segment(0xc0, ...frame(60_000, 60_000, [1])))));
    expect(code).toBe('image-too-large');
    expect(message).toMatch(/4096 .*60000×60000/);
    const byPixels = failureOf(() => decode(jpeg(segment(0xc0, ...frame(4000, 4000, [1])))));
    expect(byPixels.message).toMatch(/1000000 .*16000000/);
  });

  it.each([
    ['in CMYK', segment(0xc0, ...frame(8, 8, [1, 2, 3, 4])), /CMYK/],
    ['of 2 components', segment(0xc0, ...frame(8, 8, [1, 2])), /got 2/],
    ['of 12 bits', segment(0xc1, ...frame(8, 8, [1], 12)), /8 bits a sample, got 12/],
    ['without loss', segment(0xc3, ...frame(8, 8, [1])), /lossless/],
    ['with arithmetic coding', segment(0xc9, ...frame(8, 8, [1])), /arithmetic/],
    ['in hierarchical form', segment(0xc5, ...frame(8, 8, [1])), /hierarchical/],
    [
      'with two frames',
      joinBytes([segment(0xc0, ...frame(8, 8, [1])), segment(0xc0, ...frame(8, 8, [1]))]),
      /second frame/,
    ],
    ['with a component twice', segment(0xc0, ...frame(8, 8, [1, 1, 2])), /same id/],
    ['with a sampling factor of 0', segment(0xc0, 8, 0, 8, 0, 8, 1, 1, 0x01, 0), /0×1/],
    ['without a frame', segment(0xda, 1, 1, 0, 0, 63, 0), /before its frame/],
    ['without pixels', segment(0xc0, ...frame(8, 8, [1])), /no pixels/],
    ['with a table that does not fill its segment', segment(0xdb, 0, 1, 2), /fill its segment/],
    ['with too many codes', segment(0xc4, 0, 255, 255, ...Array.from({ length: 14 }, () => 0)), /256 codes/],
    ['with a scan of a foreign component', joinBytes([tables, segment(0xda, 1, 9, 0, 0, 0, 0)]), /component 9/],
    [
      'with more scans than the limit',
      joinBytes([tables, ...Array.from({ length: scansMax + 1 }, () => scanAc)]),
      /64 scans/,
    ],
    ['without its tables', joinBytes([segment(0xc2, ...frame(8, 8, [1])), scanDc]), /broken/],
  ])('%s is refused with its reason', (_, parts, reason) => {
    const { code, message } = failureOf(() => decode(jpeg(parts)));
    expect(code).toBe('bad-image');
    expect(message).toMatch(reason);
  });

  it('made by mutation is read or refused, 2,000 times', () => {
    fuzz(drawing(24, 16), 1900, seededRandom(12), decode);
    fuzz(jpeg(tables, scanDc, scanAc), 100, seededRandom(13), decode);
  });
});
