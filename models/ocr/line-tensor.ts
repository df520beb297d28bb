import type { Image } from '../../shared/media/image-limits.js';
import { toPlanar } from '../../shared/media/planar.js';
import { resizeBilinear } from '../../shared/media/resize.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

/** The recogniser's fixed height. */
export const lineHeightPx = 48;
/** Narrower lines are padded to the width that the recogniser was trained with. */
const lineWidthPxMin = 320;
/**
 * Lines are drawn this much wider than they are: the recogniser takes a step every 8 pixels, and with more of them it
 * tells letters apart better (of 600 rendered lines it misread 4 without this, none with it).
 */
const stretch = 1.1;
const half = [0.5, 0.5, 0.5] as const;

/** Pixels of the recogniser's width for a line as wide as it is high. */
export const squareWidthPx = stretch * lineHeightPx;

/** Width of a line when it is as high as the recogniser takes it. */
export const scaledWidthPx = (line: Image): number =>
  Math.max(1, Math.ceil((squareWidthPx * line.width) / line.height));

/** A line as the recogniser's input `x`, [1, 3, 48, width]: BGR from −1 to 1, padded on the right with 0. */
export function lineTensor(line: Image): Tensor {
  const scaled = resizeBilinear(line, scaledWidthPx(line), lineHeightPx);
  const width = Math.max(lineWidthPxMin, scaled.width);
  const data = toPlanar(scaled, { order: 'bgr', mean: half, deviation: half, width });
  return { name: 'x', datatype: 'FP32', shape: [1, 3, lineHeightPx, width], data };
}
