import { z } from 'zod';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Handler, HandlerContext, HandlerInput, Json } from '../../shared/handler/handler.js';
import { type AudioLimits, decodeWav } from '../../shared/media/wav.js';
import { choiceParameter } from '../parameter.js';
import { rounded } from '../rounded.js';
import { readSettings } from '../settings.js';
import { speechSegments } from './segments.js';
import { sampleRate, speechProbabilities, windowSamples } from './speech-probabilities.js';

/** 3,750 runs of the graph: seconds in wasm. */
export const vadLimits: AudioLimits = { durationMsMax: 120_000 };

const threshold = z.number().min(0).max(1);
const milliseconds = z.number().min(0).max(10_000);
const settingsSchema = z
  .strictObject({
    startThreshold: threshold.default(0.5),
    endThreshold: threshold.default(0.35),
    minSpeechMs: milliseconds.default(250),
    minSilenceMs: milliseconds.default(100),
    padMs: milliseconds.default(30),
  })
  .refine((settings) => settings.endThreshold <= settings.startThreshold, 'expected endThreshold <= startThreshold');

/** A 16 kHz mono WAV file → its speech segments; with `detail=windows` also the probability of each 32 ms window. */
export const vad1: Handler = {
  name: 'vad',
  version: 1,
  accepts: ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'],
  async predict(input: HandlerInput, context: HandlerContext): Promise<Json> {
    const settings = readSettings(settingsSchema, context);
    const detail = choiceParameter(input, 'detail', ['windows']);
    const audio = decodeWav(input.bytes, vadLimits);
    if (audio.sampleRate !== sampleRate) {
      throw new BrinkError('bad-audio', `expected audio of ${sampleRate} Hz, got ${audio.sampleRate} Hz`);
    }
    const durationMs = (audio.samples.length / sampleRate) * 1000;
    const windowMs = (windowSamples / sampleRate) * 1000;
    const probabilities = await speechProbabilities(audio.samples, context);
    const segments = speechSegments(probabilities, { ...settings, windowMs, durationMs }).map((segment) => ({
      startMs: Math.round(segment.startMs),
      endMs: Math.round(segment.endMs),
      confidence: rounded(segment.confidence),
    }));
    return {
      segments,
      durationMs: Math.round(durationMs),
      speechMs: segments.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0),
      ...(detail === 'windows' && { windowMs, probabilities: Array.from(probabilities, rounded) }),
    };
  },
};
