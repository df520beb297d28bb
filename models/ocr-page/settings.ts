import { z } from 'zod';

const share = z.number().min(0).max(1);

export const pageSettingsSchema = z.strictObject({
  /** The page is scaled down until its longer side fits. */
  detectorSidePxMax: z.int().min(32).max(2048).default(960),
  /** From this probability on a pixel of the detector's map is text. */
  pixelThreshold: share.default(0.3),
  /** The mean probability that a box must have. */
  boxThreshold: share.default(0.6),
  /** The detector draws text thinner than it is; its boxes grow by area × this / perimeter on each side. */
  unclipRatio: z.number().min(0).max(5).default(1.9),
  /** Lines that are read with less confidence are left out. */
  minConfidence: share.default(0.5),
  spaceProbabilityMin: share.default(0.035),
});
export type PageSettings = z.infer<typeof pageSettingsSchema>;
