import { badImage, checkImageSize, type ImageLimits } from './image-limits.js';

/** What a PNG's IHDR chunk says (PNG specification, 11.2.2). */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: ColourType;
  readonly channels: number;
  readonly interlaced: boolean;
}

export const colour = { grey: 0, rgb: 2, palette: 3, greyAlpha: 4, rgba: 6 } as const;
export type ColourType = (typeof colour)[keyof typeof colour];

const layouts: Readonly<Record<ColourType, { channels: number; depths: readonly number[] }>> = {
  [colour.grey]: { channels: 1, depths: [1, 2, 4, 8, 16] },
  [colour.rgb]: { channels: 3, depths: [8, 16] },
  [colour.palette]: { channels: 1, depths: [1, 2, 4, 8] },
  [colour.greyAlpha]: { channels: 2, depths: [8, 16] },
  [colour.rgba]: { channels: 4, depths: [8, 16] },
};

const isColourType = (value: number): value is ColourType => Object.hasOwn(layouts, value);

/** `body` is the chunk's content. Throws `image-too-large` before anything else is looked at. */
export function readPngHeader(body: Uint8Array, limits: ImageLimits): PngHeader {
  if (body.length !== 13) throw badImage(`expected a PNG header of 13 bytes, got ${body.length}`);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  checkImageSize(width, height, limits);
  const [depth, colourType] = [view.getUint8(8), view.getUint8(9)];
  const [compression, filter, interlace] = [view.getUint8(10), view.getUint8(11), view.getUint8(12)];
  if (!isColourType(colourType)) throw badImage(`expected a PNG colour type of 0, 2, 3, 4 or 6, got ${colourType}`);
  const { channels, depths } = layouts[colourType];
  if (!depths.includes(depth)) {
    throw badImage(`expected ${depths.join(', ')} bits a sample for PNG colour type ${colourType}, got ${depth}`);
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw badImage(
      `expected PNG compression 0, filter 0 and interlace 0 or 1, got ${compression}, ${filter} and ${interlace}`,
    );
  }
  return { width, height, depth, colourType, channels, interlaced: interlace === 1 };
}

/** A sub-image of an interlaced PNG, or the whole of another: every pixel (x0 + i·dx, y0 + j·dy). */
export interface PngPass {
  readonly x0: number;
  readonly y0: number;
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
  readonly height: number;
  /** Without the filter byte that each row starts with. */
  readonly rowBytes: number;
}

const adam7 = [
  [0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2],
] as const; // prettier-ignore

/** The passes that have pixels, in the order in which they lie in the file. */
export function pngPasses(header: PngHeader): PngPass[] {
  const grids = header.interlaced ? adam7 : ([[0, 0, 1, 1]] as const);
  return grids
    .map(([x0, y0, dx, dy]) => {
      const width = Math.ceil((header.width - x0) / dx);
      const height = Math.ceil((header.height - y0) / dy);
      return { x0, y0, dx, dy, width, height, rowBytes: Math.ceil((width * header.channels * header.depth) / 8) };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}
