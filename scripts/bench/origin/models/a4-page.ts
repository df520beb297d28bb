import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'jpeg-js';
import { decodeImage } from '../../../../shared/media/image.js';
import { projectRoot } from '../../../local/project-root.js';

/** A4 at 200 dots per inch. */
export const a4 = { width: 1_654, height: 2_339 } as const;
const quality = 85;
const white = 255;

/** The sample of `ocr-page` on a white A4 page, as often as it fits below itself, as a JPEG. */
export async function a4Page(): Promise<Uint8Array> {
  const sample = await readFile(join(projectRoot(), 'models', 'ocr-page', 'sample.png'));
  const image = decodeImage(sample, { sideMax: a4.height, pixelsMax: a4.width * a4.height });
  const data = new Uint8Array(4 * a4.width * a4.height).fill(white);
  const copies = Math.floor(a4.height / image.height);
  for (let y = 0; y < copies * image.height; y += 1) {
    for (let x = 0; x < image.width; x += 1) {
      const from = 3 * ((y % image.height) * image.width + x);
      data.set(image.data.subarray(from, from + 3), 4 * (y * a4.width + x));
    }
  }
  return encode({ ...a4, data }, quality).data;
}
