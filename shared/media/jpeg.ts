import jpegJs from 'jpeg-js';
import { uprightImage } from './exif-orientation.js';
import { badImage, type Image, type ImageLimits } from './image-limits.js';
import { jpegDecodeBytes } from './jpeg-frame.js';
import { type JpegFile, readJpegSegments } from './jpeg-segments.js';

export { isJpeg } from './jpeg-segments.js';

/**
 * A baseline or progressive JPEG, grey or colour, as RGB and turned upright as its Exif orientation says. The decoder
 * gets only a file whose segments and size were checked, and no more memory than its header implies.
 * Throws `bad-image` or `image-too-large`.
 */
export function decodeJpeg(bytes: Uint8Array, limits: ImageLimits): Image {
  const file = readJpegSegments(bytes, limits);
  return uprightImage(decodeChecked(file), file.orientation);
}

function decodeChecked(file: JpegFile): Image {
  const tablesMiB = 4;
  try {
    const { width, height, data } = jpegJs.decode(file.bytes, {
      useTArray: true, // else it wants Node's Buffer
      formatAsRGBA: false,
      tolerantDecoding: false,
      colorTransform: file.ycbcr,
      maxResolutionInMP: (file.frame.width * file.frame.height) / 1e6,
      maxMemoryUsageInMB: jpegDecodeBytes(file.frame) / 2 ** 20 + tablesMiB,
    });
    return { width, height, data };
  } catch (error) {
    throw badImage('the JPEG is broken: its pixels could not be decoded', error);
  }
}
