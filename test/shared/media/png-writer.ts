import { deflateSync } from 'node:zlib';
import { crc32 } from '../../../shared/media/crc32.js';
import { joinBytes } from '../../../shared/media/join-bytes.js';

export interface PngSpec {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: number;
  readonly interlaced?: boolean;
  readonly palette?: Uint8Array;
  readonly transparency?: Uint8Array;
}

export const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const channelsOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const adam7 = ['0088', '4088', '0448', '2044', '0224', '1022', '0112'];

export function pngChunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)));
  return bytes;
}

export function pngHeader({ width, height, depth, colourType, interlaced = false }: PngSpec): Uint8Array {
  const body = new Uint8Array(13);
  const view = new DataView(body.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  body.set([depth, colourType, 0, 0, interlaced ? 1 : 0], 8);
  return pngChunk('IHDR', body);
}

/** A PNG whose samples are `sample(x, y, channel)`, unfiltered. */
export function writePng(spec: PngSpec, sample: (x: number, y: number, channel: number) => number): Uint8Array {
  const chunks = [pngSignature, pngHeader(spec)];
  if (spec.palette !== undefined) chunks.push(pngChunk('PLTE', spec.palette));
  if (spec.transparency !== undefined) chunks.push(pngChunk('tRNS', spec.transparency));
  chunks.push(pngChunk('IDAT', deflateSync(rawRows(spec, sample))), pngChunk('IEND', new Uint8Array()));
  return joinBytes(chunks);
}

/** Row by row of every pass: a filter byte of 0, then the samples packed. */
export function rawRows(spec: PngSpec, sample: (x: number, y: number, channel: number) => number): Uint8Array {
  const rows: Uint8Array[] = [];
  for (const pass of spec.interlaced === true ? adam7 : ['0011']) {
    const [x0, y0, dx, dy] = Array.from(pass, Number) as [number, number, number, number];
    for (let y = y0; y < spec.height && x0 < spec.width; y += dy) {
      let bits = '';
      for (let x = x0; x < spec.width; x += dx) {
        for (let c = 0; c < channelsOf[spec.colourType]!; c++) {
          bits += sample(x, y, c).toString(2).padStart(spec.depth, '0');
        }
      }
      const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g)!;
      rows.push(Uint8Array.from([0, ...bytes.map((byte) => Number.parseInt(byte, 2))]));
    }
  }
  return joinBytes(rows);
}
