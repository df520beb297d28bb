import { badImage, checkImageSize, type ImageLimits } from './image-limits.js';

export interface JpegComponent {
  readonly id: number;
  readonly horizontal: number;
  readonly vertical: number;
}

/** What a JPEG's start-of-frame segment says (ITU T.81, B.2.2). */
export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  readonly components: readonly JpegComponent[];
}

/** Reads the body of SOF0, SOF1 or SOF2; refuses by name what the decoder cannot read. */
export function readJpegFrame(marker: number, body: Uint8Array, limits: ImageLimits): JpegFrame {
  const at = (index: number): number => body[index] ?? 0;
  if (body.length < 6) throw badImage(`expected a JPEG frame header of at least 6 bytes, got ${body.length}`);
  const [precision, height, width, count] = [at(0), at(1) * 256 + at(2), at(3) * 256 + at(4), at(5)];
  if (precision !== 8) throw badImage(`expected a JPEG of 8 bits a sample, got ${precision}`);
  checkImageSize(width, height, limits);
  if (count === 4) throw badImage('expected a grey or colour (YCbCr, RGB) JPEG, got one of 4 components: CMYK or YCCK');
  if (count !== 1 && count !== 3) throw badImage(`expected a JPEG of 1 or 3 components, got ${count}`);
  if (body.length !== 6 + 3 * count) {
    throw badImage(`expected a JPEG frame header of ${6 + 3 * count} bytes, got ${body.length}`);
  }
  const components = Array.from({ length: count }, (_, i) => ({
    id: at(6 + 3 * i),
    horizontal: at(7 + 3 * i) >> 4,
    vertical: at(7 + 3 * i) & 15,
  }));
  for (const { horizontal, vertical } of components) {
    if (horizontal < 1 || horizontal > 4 || vertical < 1 || vertical > 4) {
      throw badImage(`expected JPEG sampling factors of 1 to 4, got ${horizontal}×${vertical}`);
    }
  }
  if (new Set(components.map(({ id }) => id)).size !== count) throw badImage('two JPEG components have the same id');
  return { width, height, progressive: marker === 0xc2, components };
}

/** Bytes that the decoder needs for the frame: coefficients of 4 bytes and samples, padded to whole units, and pixels. */
export function jpegDecodeBytes(frame: JpegFrame): number {
  const across = Math.max(...frame.components.map((component) => component.horizontal));
  const down = Math.max(...frame.components.map((component) => component.vertical));
  const units = Math.ceil(frame.width / 8 / across) * Math.ceil(frame.height / 8 / down);
  const blocks = frame.components.reduce((sum, { horizontal, vertical }) => sum + units * horizontal * vertical, 0);
  return blocks * 64 * 5 + frame.width * frame.height * 6;
}
