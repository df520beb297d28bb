import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import definition from '../../models/ocr-line/definition.js';
import { lineImageLimits, ocrLine1 } from '../../models/ocr-line/handler.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { seededRandom } from '../harness/random.js';
import { drawLine, lineCorpus } from '../render/text-line.js';
import { pngHeader, pngSignature, writePng } from '../shared/media/png-writer.js';
import { OrtContext } from './ort-context.js';

const answerSchema = z.strictObject({
  text: z.string(),
  confidence: z.number(),
  characters: z.array(z.strictObject({ character: z.string(), probability: z.number() })).optional(),
});

const context = await OrtContext.of(definition);

async function read(bytes: Uint8Array, parameters: Record<string, string> = {}, within = context) {
  return answerSchema.parse(await ocrLine1.predict({ contentType: 'image/png', bytes, parameters }, within));
}

describe('ocr-line', () => {
  it('reads at least 98 % of 60 rendered lines exactly', async () => {
    const wrong: string[] = [];
    for (const { png, text } of lineCorpus(60, 20_240)) {
      const answer = await read(png);
      if (answer.text !== text) wrong.push(`${text} → ${answer.text}`);
      else expect(answer.confidence).toBeGreaterThan(0.7);
    }
    expect(wrong.length, wrong.join('\n')).toBeLessThanOrEqual(1);
  });

  it('reads its sample', async () => {
    const truth = z.object({ text: z.string() }).parse(JSON.parse(readFileSync('models/ocr-line/sample.json', 'utf8')));
    expect((await read(readFileSync('models/ocr-line/sample.png'))).text).toBe(truth.text);
  });

  it('gives every character its probability when asked to, and the confidence is the mean of those with ink', async () => {
    const {
      text,
      confidence,
      characters = [],
    } = await read(readFileSync('models/ocr-line/sample.png'), {
      detail: 'characters',
    });
    expect(characters.map(({ character }) => character).join('')).toBe(text);
    const inked = characters.filter(({ character }) => character !== ' ');
    const mean = inked.reduce((sum, { probability }) => sum + probability, 0) / inked.length;
    expect(confidence).toBeCloseTo(mean, 5);
    expect(mean).toBeLessThanOrEqual(1);
  });

  it('reads a line far too wide for one run in pieces, cut between words', async () => {
    const text = Array.from({ length: 16 }, (_, i) => `window ${1000 + i * 37} garden`).join(' ');
    const style = { text, font: 'Brink DejaVu', fontPx: 28, degrees: 0, dark: false } as const;
    const before = context.runs;
    expect((await read(drawLine(style, seededRandom(3)))).text).toBe(text);
    expect(context.runs - before).toBeGreaterThan(3);
  });

  it('answers a blank image with an empty text and runs nothing', async () => {
    const before = context.runs;
    const blank = writePng({ width: 200, height: 40, depth: 8, colourType: 0 }, () => 240);
    expect(await read(blank)).toEqual({ text: '', confidence: 0 });
    expect(context.runs).toBe(before);
  });

  it('answers with an empty text what is below the minimum confidence of the settings', async () => {
    const strict = await OrtContext.of(definition, { minConfidence: 1 });
    const answer = await read(readFileSync('models/ocr-line/sample.png'), {}, strict);
    expect(answer.text).toBe('');
    expect(answer.confidence).toBeGreaterThan(0.9);
  });

  it('reads worse with trimming switched off: the setting does something', async () => {
    const untrimmed = await OrtContext.of(definition, { trim: false });
    const lines = lineCorpus(10, 8);
    let exact = 0;
    for (const { png, text } of lines) if ((await read(png, {}, untrimmed)).text === text) exact++;
    expect(exact).toBeLessThan(9);
  });

  const failure = async (bytes: Uint8Array, parameters = {}, within = context): Promise<BrinkError> => {
    const error: unknown = await read(bytes, parameters, within).then(() => undefined, (thrown: unknown) => thrown); // prettier-ignore
    expect(error).toBeInstanceOf(BrinkError);
    return error as BrinkError;
  };

  it('refuses what is no line image, each with its own code', async () => {
    expect((await failure(new Uint8Array(10))).code).toBe('bad-image');
    const header = pngHeader({ width: 1001, height: 1000, depth: 8, colourType: 0 });
    const { code, message } = await failure(Uint8Array.from([...pngSignature, ...header]));
    expect(code).toBe('image-too-large');
    expect(message).toMatch(new RegExp(`${lineImageLimits.pixelsMax} .*1001000`));
    const thread = writePng({ width: 9000, height: 9, depth: 1, colourType: 0 }, (x, y) =>
      Number(y !== 4 || x % 7 === 0),
    );
    expect((await failure(thread)).message).toMatch(/242 times as wide as high/);
    expect((await failure(readFileSync('models/ocr-line/sample.png'), { detail: 'everything' })).code).toBe(
      'bad-parameter',
    );
  });

  it('says that the settings are wrong without showing them to the caller', async () => {
    const odd = await OrtContext.of(definition, { secretKnob: 1 });
    const { code, message } = await failure(readFileSync('models/ocr-line/sample.png'), {}, odd);
    expect(code).toBe('handler-failed');
    expect(message).not.toMatch(/secretKnob/);
  });
});
