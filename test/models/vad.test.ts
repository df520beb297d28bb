import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import definition from '../../models/vad/definition.js';
import { vad1 } from '../../models/vad/handler.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { encodeWav, noise, silence, synthesise, tone, twoWords } from '../render/speech.js';
import { OrtContext } from './ort-context.js';

const answerSchema = z.strictObject({
  segments: z.array(z.strictObject({ startMs: z.int(), endMs: z.int(), confidence: z.number() })),
  durationMs: z.int(),
  speechMs: z.int(),
  windowMs: z.number().optional(),
  probabilities: z.array(z.number()).optional(),
});

const context = await OrtContext.of(definition);
const listen = async (bytes: Uint8Array, parameters: Record<string, string> = {}) =>
  answerSchema.parse(await vad1.predict({ contentType: 'audio/wav', bytes, parameters }, context));

describe('vad', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'finds two words with a pause of 0.25 s between them as two segments (seed %i)',
    async (seed) => {
      const { samples, words } = twoWords(seed);
      const { segments, speechMs } = await listen(encodeWav(samples));
      expect(segments).toHaveLength(2);
      for (const [index, { startMs, endMs }] of segments.entries()) {
        const word = words[index]!;
        expect(Math.max(startMs, word.startMs)).toBeLessThan(Math.min(endMs, word.endMs)); // they overlap …
        expect(Math.abs(startMs - word.startMs)).toBeLessThan(150); // … and nearly agree
        expect(Math.abs(endMs - word.endMs)).toBeLessThan(150);
      }
      expect(speechMs).toBe(segments.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0));
    },
  );

  it('finds the two words of its sample', async () => {
    const answer = await listen(readFileSync('models/vad/sample.wav'));
    expect(answer.segments).toHaveLength(2);
  });

  it('hears no pause in one long word', async () => {
    const { samples } = synthesise(
      [
        { kind: 'pause', ms: 300 },
        { kind: 'word', ms: 1200 },
        { kind: 'pause', ms: 300 },
      ],
      9,
    );
    expect((await listen(encodeWav(samples))).segments).toHaveLength(1);
  });

  it.each([
    ['silence', silence(2000)],
    ['quiet noise', noise(2000, 1, 0.01)],
    ['loud noise', noise(2000, 2, 0.8)],
    ['a low tone', tone(2000, 200)],
    ['a tone', tone(2000, 440)],
    ['a high tone', tone(2000, 1000)],
  ])('finds no speech in %s', async (_, samples) => {
    expect(await listen(encodeWav(samples))).toEqual({ segments: [], durationMs: 2000, speechMs: 0 });
  });

  it('runs the graph once a window and gives the probabilities when asked to', async () => {
    const before = context.runs;
    const { probabilities = [], windowMs } = await listen(encodeWav(silence(100)), { detail: 'windows' });
    expect(context.runs - before).toBe(4); // 1,600 samples in windows of 512
    expect(probabilities).toHaveLength(4);
    expect(windowMs).toBe(32);
  });

  it('carries state from window to window: the same window gives another probability later', async () => {
    const { samples } = twoWords(1);
    const word = samples.slice(8000, 8512);
    const twice = new Float32Array(1024);
    twice.set(word);
    twice.set(word, 512);
    const { probabilities = [] } = await listen(encodeWav(twice), { detail: 'windows' });
    expect(probabilities[0]).not.toBeCloseTo(probabilities[1]!, 2);
  });

  it('starts every request afresh', async () => {
    const wav = encodeWav(twoWords(2).samples);
    expect(await listen(wav, { detail: 'windows' })).toEqual(await listen(wav, { detail: 'windows' }));
  });

  it('refuses other rates, longer audio and unknown details with their own codes', async () => {
    const failure = async (bytes: Uint8Array, parameters = {}): Promise<string> => {
      const error: unknown = await listen(bytes, parameters).then(() => undefined, (thrown: unknown) => thrown); // prettier-ignore
      expect(error).toBeInstanceOf(BrinkError);
      const { code, message } = error as BrinkError;
      return `${code}: ${message}`;
    };
    expect(await failure(encodeWav(silence(10), 44_100))).toMatch(/^bad-audio: .*16000 Hz, got 44100 Hz/);
    expect(await failure(encodeWav(silence(120_001)))).toMatch(/^audio-too-long: .*120000 ms, got 120001 ms/);
    expect(await failure(encodeWav(silence(10)), { detail: 'all' })).toMatch(/^bad-parameter/);
  });
});
