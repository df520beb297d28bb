import type { Handler, HandlerContext, HandlerInput, Json } from '../../shared/handler/handler.js';
import { decodeImage, type Image, type ImageLimits, imageMediaTypes } from '../../shared/media/image.js';
import { recogniseLine } from '../ocr/recognise-line.js';
import { rounded } from '../rounded.js';
import { readSettings } from '../settings.js';
import type { ProbabilityMap } from './components.js';
import { cropBox } from './crop-box.js';
import { detectorTensor } from './detector-tensor.js';
import { inReadingOrder } from './reading-order.js';
import { pageSettingsSchema } from './settings.js';
import { textBoxes } from './text-boxes.js';

/** A4 at 400 dpi is 15.5 million pixels; a JPEG takes up to 50 bytes a pixel to decode. */
export const pageImageLimits: ImageLimits = { sideMax: 16_384, pixelsMax: 16_777_216 };
/** Lines that are read on one page; the deadline usually comes first. */
export const linesMax = 500;

/** An image of a page → its size and its lines in reading order, each with text, confidence and the box it stands in. */
export const ocrPage1: Handler = {
  name: 'ocr-page',
  version: 1,
  accepts: imageMediaTypes,
  async predict(input: HandlerInput, context: HandlerContext): Promise<Json> {
    const settings = readSettings(pageSettingsSchema, context);
    const page = decodeImage(input.bytes, pageImageLimits);
    context.checkpoint();
    const map = await detect(page, context, settings.detectorSidePxMax);
    const boxes = inReadingOrder(textBoxes(map, page, settings));
    const lines: Json[] = [];
    for (const box of boxes.slice(0, linesMax)) {
      context.checkpoint();
      const line = await recogniseLine(cropBox(page, box), context, { trim: true, ...settings });
      if (line.text === '' || line.confidence < settings.minConfidence) continue;
      lines.push({
        text: line.text,
        confidence: rounded(line.confidence),
        box: box.map(([x, y]) => [Math.round(x), Math.round(y)]),
      });
    }
    const linesUnread = Math.max(0, boxes.length - linesMax);
    return { width: page.width, height: page.height, lines, ...(linesUnread > 0 && { linesUnread }) };
  },
};

async function detect(page: Image, context: HandlerContext, sidePxMax: number): Promise<ProbabilityMap> {
  const outputs = await context.run('detector', [detectorTensor(page, sidePxMax)]);
  const [map] = Object.values(outputs);
  const [height, width] = map?.shape.slice(-2) ?? [];
  if (!(map?.data instanceof Float32Array) || width === undefined || height === undefined) {
    throw new Error('expected a float map of the detector');
  }
  return { width, height, values: map.data };
}
