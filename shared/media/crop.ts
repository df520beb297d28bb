import type { Image } from './image-limits.js';

/** The part of an image from (left, top), `width` × `height`; where it reaches beyond the image it has colour `beyond`. */
export function cropImage(
  image: Image,
  left: number,
  top: number,
  width: number,
  height: number,
  beyond: readonly [number, number, number] = [255, 255, 255],
): Image {
  const data = new Uint8Array(width * height * 3);
  const fromX = Math.max(0, left);
  const toX = Math.min(image.width, left + width);
  const inside = fromX <= left && toX >= left + width && top >= 0 && top + height <= image.height;
  if (!inside) for (let i = 0; i < data.length; i++) data[i] = beyond[i % 3] ?? 0;
  for (let y = Math.max(0, -top); y < Math.min(height, image.height - top) && toX > fromX; y++) {
    const row = (top + y) * image.width;
    data.set(image.data.subarray((row + fromX) * 3, (row + toX) * 3), (y * width + fromX - left) * 3);
  }
  return { width, height, data };
}
