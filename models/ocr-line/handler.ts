import { z } from 'zod';
import type { Handler, HandlerContext, HandlerInput, Json } from '../../shared/handler/handler.js';
import { decodeImage, type ImageLimits, imageMediaTypes } from '../../shared/media/image.js';
import { recogniseLine } from '../ocr/recognise-line.js';
import { choiceParameter } from '../parameter.js';
import { rounded } from '../rounded.js';
import { readSettings } from '../settings.js';

/** An isolate has 128 MB in all, and a JPEG takes up to 50 bytes a pixel to decode. */
export const lineImageLimits: ImageLimits = { sideMax: 16_384, pixelsMax: 1_000_000 };

const settingsSchema = z.strictObject({
  /** Level the line and cut off the blank around it first. */
  trim: z.boolean().default(true),
  /** A line that is read with less confidence is answered with an empty text. */
  minConfidence: z.number().min(0).max(1).default(0),
  spaceProbabilityMin: z.number().min(0).max(1).default(0.035),
});

/** An image of one line of text → `{text, confidence}`; with `detail=characters` also what each character got. */
export const ocrLine1: Handler = {
  name: 'ocr-line',
  version: 1,
  accepts: imageMediaTypes,
  async predict(input: HandlerInput, context: HandlerContext): Promise<Json> {
    const settings = readSettings(settingsSchema, context);
    const detail = choiceParameter(input, 'detail', ['characters']);
    const line = await recogniseLine(decodeImage(input.bytes, lineImageLimits), context, settings);
    return {
      text: line.confidence >= settings.minConfidence ? line.text : '',
      confidence: rounded(line.confidence),
      ...(detail === 'characters' && {
        characters: line.characters.map(({ character, probability }) => ({
          character,
          probability: rounded(probability),
        })),
      }),
    };
  },
};
