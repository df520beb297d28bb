import { deflateSync, inflateSync } from 'node:zlib';
import { createCanvas } from '@napi-rs/canvas';
import { crc32 } from '../../shared/media/crc32.js';
import { encodeWav, tone } from '../render/speech.js';
import { pngChunk, writePng } from '../shared/media/png-writer.js';
import { integerBelow, oneOf } from './random.js';

type Random = () => number;

/** Something like writing: dark strokes on light paper. */
const stroke = (x: number, y: number): boolean => y > 4 && y < 12 && x % 7 < 3 && x > 5 && x < 50;
const size = { width: 64, height: 18 };

/** Small PNGs of every colour type, of several depths, interlaced and not, compressed and not. */
export function pngCorpus(): Uint8Array[] {
  const palette = Uint8Array.of(250, 250, 240, 10, 20, 30, 128, 0, 0, 0, 0, 128);
  const shade = (depth: number) => (x: number, y: number, channel: number) =>
    stroke(x, y) && channel < 3 ? 1 : 2 ** depth - 1;
  const packed = [
    ...[1, 2, 4, 8, 16].map((depth) => writePng({ ...size, depth, colourType: 0 }, shade(depth))),
    ...[2, 4, 6].map((colourType) => writePng({ ...size, depth: 8, colourType }, shade(8))),
    writePng({ ...size, depth: 8, colourType: 6, interlaced: true }, shade(8)),
    writePng({ ...size, depth: 2, colourType: 3, palette, transparency: Uint8Array.of(255, 9) }, (x, y) => (stroke(x, y) ? 1 : 0)), // prettier-ignore
  ];
  return [...packed, ...packed.map(stored)];
}

/** The same PNG with its pixels stored as they are: what is changed in it then is a pixel or a filter. */
function stored(png: Uint8Array): Uint8Array {
  const at = Buffer.from(png).indexOf('IDAT') - 4;
  const length = new DataView(png.buffer, png.byteOffset).getUint32(at);
  const pixels = deflateSync(inflateSync(png.subarray(at + 8, at + 8 + length)), { level: 0 });
  return new Uint8Array(Buffer.concat([png.subarray(0, at), pngChunk('IDAT', pixels), png.subarray(at + 12 + length)]));
}

/** Small JPEGs as a program writes them, of several qualities. */
export function jpegCorpus(): Uint8Array[] {
  const canvas = createCanvas(size.width, size.height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#eee';
  context.fillRect(0, 0, size.width, size.height);
  context.fillStyle = '#213';
  for (let x = 6; x < 50; x += 7) context.fillRect(x, 5, 3, 8);
  return [30, 75, 95].map((quality) => new Uint8Array(canvas.toBuffer('image/jpeg', quality)));
}

/** A tenth of a second of sound, in the encodings that a WAV file may have. */
export function wavCorpus(): Uint8Array[] {
  const samples = tone(100, 220);
  const head = encodeWav(samples).subarray(0, 44);
  const encoded = (tag: number, bits: number, data: ArrayBufferView): Uint8Array => {
    const wav = Buffer.concat([head, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
    wav.writeUInt32LE(wav.length - 8, 4);
    wav.writeUInt16LE(tag, 20);
    wav.writeUInt16LE(bits / 8, 32);
    wav.writeUInt16LE(bits, 34);
    wav.writeUInt32LE(data.byteLength, 40);
    return new Uint8Array(wav);
  };
  return [
    encodeWav(samples),
    encoded(
      1,
      8,
      Uint8Array.from(samples, (sample) => 128 + 100 * sample),
    ),
    encoded(
      1,
      32,
      Int32Array.from(samples, (sample) => 2 ** 30 * sample),
    ),
    encoded(3, 32, samples),
    encoded(3, 64, Float64Array.from(samples)),
  ];
}

/** One to four bytes changed, put in, taken out or cut off; half of the changes are in the first 64 bytes. */
export function mutateMedia(bytes: Uint8Array, random: Random): Uint8Array {
  let mutated = Buffer.from(bytes);
  for (let left = 1 + integerBelow(random, 4); left > 0; left--) {
    const at = integerBelow(random, random() < 0.5 ? Math.min(64, mutated.length) : mutated.length);
    const value = oneOf(random, [0, 1, 0x7f, 0x80, 0xff, integerBelow(random, 256), integerBelow(random, 256)]);
    const kind = random();
    if (kind < 0.75) mutated[at] = value;
    else if (kind < 0.85)
      mutated = Buffer.concat([mutated.subarray(0, at), Uint8Array.of(value), mutated.subarray(at)]);
    else if (kind < 0.95) mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + 1)]);
    else mutated = mutated.subarray(0, at);
  }
  return new Uint8Array(mutated);
}

/** A mutated PNG whose checksums are right again as far as its chunks can be followed: it gets past them. */
export function withChecksums(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  for (let at = 8; at + 12 <= png.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > png.length) break;
    view.setUint32(end, crc32(png.subarray(at + 4, end)));
    at = end + 4;
  }
  return png;
}
