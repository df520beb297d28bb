import type { Image } from './image-limits.js';

export interface PlanarOptions {
  /** Which colour comes first: models trained through OpenCV take BGR. */
  readonly order: 'rgb' | 'bgr';
  /** Subtracted from and divided out of values from 0 to 1, in the order of the planes. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
  /** Width of the planes, at least the image's own; the rest stays 0. */
  readonly width: number;
}

/** An image as three planes of normalised floats: the [3, height, width] of an image model. */
export function toPlanar(image: Image, options: PlanarOptions): Float32Array {
  const { order, mean, deviation, width } = options;
  const planes = new Float32Array(3 * image.height * width);
  for (let plane = 0; plane < 3; plane++) {
    const channel = order === 'rgb' ? plane : 2 - plane;
    const scale = 1 / 255 / (deviation[plane] ?? 1);
    const shift = (mean[plane] ?? 0) / (deviation[plane] ?? 1);
    for (let y = 0; y < image.height; y++) {
      const row = (plane * image.height + y) * width;
      const from = y * image.width * 3 + channel;
      for (let x = 0; x < image.width; x++) planes[row + x] = (image.data[from + 3 * x] ?? 0) * scale - shift;
    }
  }
  return planes;
}
