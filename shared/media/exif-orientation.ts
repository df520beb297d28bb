import type { Image } from './image-limits.js';

const orientationTag = 0x0112;

/**
 * How a camera held the picture, 1 to 8, from the body of a JPEG's APP1 segment (Exif 2.3, 4.6.4); 1, which is upright,
 * when the segment is something else or broken: a picture is not refused for its notes.
 */
export function exifOrientation(segment: Uint8Array): number {
  const header = [0x45, 0x78, 0x69, 0x66, 0, 0]; // "Exif", 0, 0
  if (!header.every((byte, index) => segment[index] === byte)) return 1;
  const tiff = new DataView(segment.buffer, segment.byteOffset + header.length, segment.byteLength - header.length);
  if (tiff.byteLength < 8) return 1;
  const order = tiff.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return 1;
  const entries = tiff.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.byteLength) return 1;
    if (tiff.getUint16(entry, little) !== orientationTag) continue;
    const value = tiff.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** The picture as it is to be seen. */
export function uprightImage(image: Image, orientation: number): Image {
  if (orientation === 1) return image;
  const swapped = orientation >= 5;
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  const width = swapped ? image.height : image.width;
  const height = swapped ? image.width : image.height;
  const data = new Uint8Array(image.data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const across = swapped ? y : x;
      const down = swapped ? x : y;
      const column = fromRight ? image.width - 1 - across : across;
      const row = fromBelow ? image.height - 1 - down : down;
      const from = (row * image.width + column) * 3;
      data[to] = image.data[from] ?? 0;
      data[to + 1] = image.data[from + 1] ?? 0;
      data[to + 2] = image.data[from + 2] ?? 0;
    }
  }
  return { width, height, data };
}
