import { badImage, type Image, type ImageLimits } from './image-limits.js';
import { decodeJpeg, isJpeg } from './jpeg.js';
import { decodePng, isPng } from './png.js';

export type { Image, ImageLimits } from './image-limits.js';

/** The media types that `decodeImage` reads; a caller's own label is only a hint, the bytes decide. */
export const imageMediaTypes = ['image/png', 'image/jpeg'] as const;

/**
 * A PNG or JPEG file as RGB. Throws `bad-image` for anything else or anything broken, `image-too-large` for what is
 * over the limits; memory and time are bounded by the limits, whatever the bytes are.
 */
export function decodeImage(bytes: Uint8Array, limits: ImageLimits): Image {
  if (isPng(bytes)) return decodePng(bytes, limits);
  if (isJpeg(bytes)) return decodeJpeg(bytes, limits);
  throw badImage(`expected a PNG or JPEG image, got ${bytes.length} bytes that start as neither`);
}
