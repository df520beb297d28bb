import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import definition from '../../models/ocr-page/definition.js';
import { ocrPage1 } from '../../models/ocr-page/handler.js';
import { renderPage } from '../render/page.js';
import { writePng } from '../shared/media/png-writer.js';
import { OrtContext } from './ort-context.js';

const pointSchema = z.tuple([z.int(), z.int()]);
const answerSchema = z.strictObject({
  width: z.int(),
  height: z.int(),
  lines: z.array(z.strictObject({ text: z.string(), confidence: z.number(), box: z.array(pointSchema).length(4) })),
});
const truthSchema = z.object({ width: z.int(), height: z.int(), lines: z.array(z.string()).min(8) });

const context = await OrtContext.of(definition);
const read = async (bytes: Uint8Array, within = context) =>
  answerSchema.parse(await ocrPage1.predict({ contentType: 'image/png', bytes, parameters: {} }, within));

describe('ocr-page', () => {
  it('reads every line of its sample, from the top down, and says where each stands', async () => {
    const truth = truthSchema.parse(JSON.parse(readFileSync('models/ocr-page/sample.json', 'utf8')));
    const page = await read(readFileSync('models/ocr-page/sample.png'));
    expect([page.width, page.height]).toEqual([truth.width, truth.height]);
    expect(page.lines.map(({ text }) => text)).toEqual(truth.lines);
    for (const [index, { box, confidence }] of page.lines.entries()) {
      const middle = 60 + (index + 0.5) * 62; // as the page was drawn
      const [[left, top], [right], , [, bottom]] = box as [
        [number, number],
        [number, number],
        unknown,
        [number, number],
      ];
      expect(left).toBeGreaterThan(40);
      expect(left).toBeLessThan(70);
      expect(right).toBeGreaterThan(left + 200);
      expect(top).toBeLessThan(middle);
      expect(bottom).toBeGreaterThan(middle);
      expect(confidence).toBeGreaterThan(0.9);
    }
  });

  it('reads a rendered page with noise', async () => {
    const page = renderPage(1);
    expect((await read(page.png)).lines.map(({ text }) => text)).toEqual(page.lines);
  });

  it('finds nothing on a blank page', async () => {
    const blank = writePng({ width: 300, height: 200, depth: 8, colourType: 0 }, () => 250);
    expect(await read(blank)).toEqual({ width: 300, height: 200, lines: [] });
  });

  it('leaves out lines below the minimum confidence of the settings', async () => {
    const strict = await OrtContext.of(definition, { minConfidence: 1 });
    expect((await read(readFileSync('models/ocr-page/sample.png'), strict)).lines).toEqual([]);
  });
});
