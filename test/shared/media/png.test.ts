import { deflateRawSync, constants } from 'node:zlib';
import { createCanvas } from '@napi-rs/canvas';
import { decode as decodeFastPng, encode as encodeFastPng } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { decodeImage, type ImageLimits } from '../../../shared/media/image.js';
import { joinBytes } from '../../../shared/media/join-bytes.js';
import { chunksMax } from '../../../shared/media/png-chunks.js';
import { seededRandom } from '../../harness/random.js';
import { failureOf, fuzz } from './bad-input.js';
import { pngChunk, pngHeader, pngSignature, rawRows, writePng } from './png-writer.js';

const limits: ImageLimits = { sideMax: 4096, pixelsMax: 1_000_000 };
const decode = (bytes: Uint8Array) => decodeImage(bytes, limits);
const iend = pngChunk('IEND', new Uint8Array());

function drawing(width: number, height: number): Uint8Array {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  for (let i = 0; i < 40; i++) {
    context.fillStyle = `hsl(${i * 37}, 70%, 50%)`;
    context.fillRect((i * 31) % width, (i * 17) % height, width / 5, height / 7);
  }
  return new Uint8Array(canvas.toBuffer('image/png'));
}

describe('a PNG', () => {
  const cases = [0, 2, 3, 4, 6].flatMap((colourType) =>
    ({ 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] })[colourType]!.flatMap((depth) =>
      [false, true].map((interlaced) => ({ colourType, depth, interlaced })),
    ),
  );
  it.each(cases)('of colour type $colourType with $depth bits, interlaced $interlaced, has its pixels', (shape) => {
    const [width, height, most] = [13, 11, 2 ** shape.depth - 1];
    const palette = Uint8Array.from({ length: 3 * Math.min(256, most + 1) }, (_, i) => (i * 5) % 256);
    const sample = (x: number, y: number, c: number): number => (x * 7 + y * 13 + c * 29 + x * y) % (most + 1);
    const spec = { width, height, ...shape, ...(shape.colourType === 3 && { palette }) };
    const image = decode(writePng(spec, sample));
    const to8 = (value: number): number => (shape.depth === 16 ? value >> 8 : (value * 255) / most);
    const expected = Array.from({ length: width * height }, (_, i) => {
      const at = (c: number): number => sample(i % width, Math.floor(i / width), c);
      const over = (c: number, alpha: number): number => Math.round((to8(at(c)) * alpha + 255 * (255 - alpha)) / 255);
      if (shape.colourType === 0) return [to8(at(0)), to8(at(0)), to8(at(0))];
      if (shape.colourType === 2) return [to8(at(0)), to8(at(1)), to8(at(2))];
      if (shape.colourType === 3) return [...palette.subarray(at(0) * 3, at(0) * 3 + 3)];
      const alpha = to8(at(shape.colourType === 4 ? 1 : 3));
      return (shape.colourType === 4 ? [0, 0, 0] : [0, 1, 2]).map((c) => over(c, alpha));
    }).flat();
    expect([...image.data]).toEqual(expected);
  });

  it('with every row filter reads as another decoder reads it', () => {
    const png = drawing(211, 97);
    const other = decodeFastPng(png);
    const image = decode(png);
    expect([image.width, image.height, other.channels]).toEqual([211, 97, 4]);
    for (let i = 0; i < 211 * 97; i++) {
      const alpha = other.data[i * 4 + 3]!;
      for (let c = 0; c < 3; c++) {
        const over = Math.round((other.data[i * 4 + c]! * alpha + 255 * (255 - alpha)) / 255);
        if (image.data[i * 3 + c] !== over) throw new Error(`pixel ${i}`);
      }
    }
  });

  it('that another encoder interlaced reads as the same without interlacing', () => {
    const data = Uint8Array.from({ length: 37 * 23 * 3 }, (_, i) => (i * i) % 251);
    const image = { width: 37, height: 23, channels: 3, depth: 8 as const, data };
    expect(decode(encodeFastPng(image, { interlace: 'Adam7' })).data).toEqual(data);
    expect(decode(encodeFastPng(image)).data).toEqual(data);
  });

  it('shows white where it is transparent: by palette and by key colour', () => {
    const palette = Uint8Array.of(10, 20, 30, 40, 50, 60);
    const byPalette = { width: 2, height: 1, depth: 1, colourType: 3, palette, transparency: Uint8Array.of(0) };
    expect([...decode(writePng(byPalette, (x) => x)).data]).toEqual([255, 255, 255, 40, 50, 60]);
    const byKey = { width: 2, height: 1, depth: 8, colourType: 0, transparency: Uint8Array.of(0, 7) };
    expect([...decode(writePng(byKey, (x) => 7 + x)).data]).toEqual([255, 255, 255, 8, 8, 8]);
  });

  it('is read without its compressed notes, however much they inflate to', () => {
    const plain = writePng({ width: 1, height: 1, depth: 8, colourType: 0 }, () => 9);
    const bomb = pngChunk('iCCP', joinBytes([new TextEncoder().encode('x\0\0'), zeros(100)]));
    const withNote = joinBytes([plain.subarray(0, 33), bomb, pngChunk('zTXt', zeros(1)), plain.subarray(33)]);
    expect([...decode(withNote).data]).toEqual([9, 9, 9]);
  });
});

/** A zlib stream of `mebibytes` of zeros, made of one flushed block again and again. */
function zeros(mebibytes: number): Uint8Array {
  const block = deflateRawSync(new Uint8Array(2 ** 20), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  return joinBytes([Uint8Array.of(0x78, 0x9c), ...Array.from({ length: mebibytes }, () => block), Uint8Array.of(3, 0)]);
}

describe('a bad PNG', () => {
  const small = { width: 1, height: 1, depth: 8, colourType: 0 };
  const file = (...chunks: Uint8Array[]): Uint8Array => joinBytes([pngSignature, ...chunks]);
  const pixels = (bytes: Uint8Array): Uint8Array => pngChunk('IDAT', bytes);

  it('is refused wherever it is cut off', () => {
    const png = drawing(60, 40);
    for (let length = 0; length < png.length; length += 7) {
      expect(failureOf(() => decode(png.subarray(0, length))).code).toBe('bad-image');
    }
  });

  it('of 20,000×20,000 is refused from its header, with both numbers', () => {
    const bytes = file(pngHeader({ ...small, width: 20_000, height: 20_000 }));
    const bySide = failureOf(() => decode(bytes));
    expect([bySide.code, bySide.status]).toEqual(['image-too-large', 413]);
    expect(bySide.message).toMatch(/4096 .*20000×20000/);
    const byPixels = failureOf(() => decodeImage(bytes, { sideMax: 30_000, pixelsMax: 1_000_000 }));
    expect(byPixels.message).toMatch(/1000000 .*400000000/);
  });

  it('of one pixel that inflates to 800 MB is refused before more is read than a piece', () => {
    const bytes = file(pngHeader(small), pixels(zeros(800)), iend);
    expect(failureOf(() => decode(bytes)).message).toMatch(/expected 2 bytes of PNG pixels.*got more/);
    // after the first piece the stream is no zlib stream at all: only who goes on reading would see that
    const broken = zeros(800);
    broken.fill(0xff, 8192);
    expect(failureOf(() => decode(file(pngHeader(small), pixels(broken), iend))).message).toMatch(/got more/);
  });

  it('with less data than its header implies is refused', () => {
    const raw = rawRows({ ...small, height: 2 }, () => 0);
    const bytes = file(
      pngHeader({ ...small, height: 3 }),
      pixels(joinBytes([Uint8Array.of(0x78, 1), deflateRawSync(raw)])),
      iend,
    );
    expect(failureOf(() => decode(bytes)).message).toMatch(/expected 6 bytes.*got 4/);
  });

  it.each([
    ['with a first chunk other than IHDR', () => file(iend), /expected IHDR/],
    ['with a second header', () => file(pngHeader(small), pngHeader(small)), /IHDR .*twice/],
    ['with an unknown critical chunk', () => file(pngHeader(small), pngChunk('ABCD', new Uint8Array())), /ABCD/],
    ['without pixels', () => file(pngHeader(small), iend), /no IDAT/],
    [
      'without a palette for its colours',
      () => file(pngHeader({ ...small, colourType: 3 }), pixels(new Uint8Array(9)), iend),
      /no palette/,
    ],
    ['with a palette of 7 bytes', () => file(pngHeader(small), pngChunk('PLTE', new Uint8Array(7))), /got 7 bytes/],
    ['of colour type 5', () => file(pngHeader({ ...small, colourType: 5 })), /got 5/],
    ['of 3 bits a sample', () => file(pngHeader({ ...small, depth: 3 })), /got 3/],
    ['of no height', () => file(pngHeader({ ...small, height: 0 })), /got 1×0/],
    [
      'with a palette index out of range',
      () => writePng({ ...small, colourType: 3, palette: new Uint8Array(3) }, () => 1),
      /below 1, got 1/,
    ],
    [
      'with pixels that are no zlib stream',
      () => file(pngHeader(small), pixels(new Uint8Array(20).fill(0xff)), iend),
      /zlib/,
    ],
    [
      'with more chunks than the limit',
      () => file(pngHeader(small), ...Array.from({ length: chunksMax }, () => pixels(new Uint8Array()))),
      /65536/,
    ],
  ])('%s is refused with its reason', (_, make, reason) => {
    const { code, message } = failureOf(() => decode(make()));
    expect(code).toBe('bad-image');
    expect(message).toMatch(reason);
  });

  it('with a wrong checksum or row filter is refused', () => {
    const png = writePng(small, () => 1);
    png[png.length - 14]! ^= 1; // the last byte of IDAT's checksum is 12 + 1 bytes from the end
    expect(failureOf(() => decode(png)).message).toMatch(/checksum/);
    const filtered = rawRows(small, () => 1);
    filtered[0] = 5;
    const bytes = file(pngHeader(small), pixels(joinBytes([Uint8Array.of(0x78, 1), deflateRawSync(filtered)])), iend);
    expect(failureOf(() => decode(bytes)).message).toMatch(/got 5/);
  });

  it('made by mutation is read or refused, 2,000 times', () => {
    fuzz(drawing(24, 16), 2000, seededRandom(11), decode);
  });

  it('is told apart from other files by its bytes alone', () => {
    expect(failureOf(() => decode(new TextEncoder().encode('GIF89a'))).message).toMatch(/PNG or JPEG/);
    expect(failureOf(() => decode(new Uint8Array())).code).toBe('bad-image');
  });
});
