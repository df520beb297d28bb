import { BrinkError } from '../errors/brink-error.js';

/** Pixels in RGB, three bytes each, row by row. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Checked against a file's header before anything is decoded: they bound the memory that a decoder takes. */
export interface ImageLimits {
  /** Width and height, each. */
  readonly sideMax: number;
  /** Width times height. */
  readonly pixelsMax: number;
}

export const badImage = (message: string, cause?: unknown): BrinkError =>
  new BrinkError('bad-image', message, { cause });

/** Throws `image-too-large`, or `bad-image` for an image without pixels. */
export function checkImageSize(width: number, height: number, limits: ImageLimits): void {
  if (width < 1 || height < 1) throw badImage(`expected an image of at least 1×1 pixels, got ${width}×${height}`);
  if (width > limits.sideMax || height > limits.sideMax) {
    throw new BrinkError(
      'image-too-large',
      `expected an image of at most ${limits.sideMax} pixels a side, got ${width}×${height}`,
    );
  }
  if (width * height > limits.pixelsMax) {
    throw new BrinkError(
      'image-too-large',
      `expected an image of at most ${limits.pixelsMax} pixels, got ${width}×${height} = ${width * height}`,
    );
  }
}
