import type { Image } from '../../shared/media/image-limits.js';
import { toPlanar } from '../../shared/media/planar.js';
import { resizeBilinear } from '../../shared/media/resize.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

/** The detector halves the image five times. */
const multiplePx = 32;
const imageNet = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

/** A page as the detector's input `x`, [1, 3, height, width], scaled to fit into `sidePxMax`. */
export function detectorTensor(page: Image, sidePxMax: number): Tensor {
  const scale = Math.min(1, sidePxMax / Math.max(page.width, page.height));
  const fit = (side: number): number => Math.max(multiplePx, Math.round((side * scale) / multiplePx) * multiplePx);
  const scaled = resizeBilinear(page, fit(page.width), fit(page.height));
  const data = toPlanar(scaled, { order: 'bgr', ...imageNet, width: scaled.width });
  return { name: 'x', datatype: 'FP32', shape: [1, 3, scaled.height, scaled.width], data };
}
