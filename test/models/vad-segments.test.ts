import { describe, expect, it } from 'vitest';
import { speechSegments } from '../../models/vad/segments.js';

const options = { startThreshold: 0.5, endThreshold: 0.3, minSilenceMs: 20, minSpeechMs: 20, padMs: 0, windowMs: 10 };
const segments = (probabilities: number[], changed: Partial<typeof options> = {}) =>
  speechSegments(Float32Array.from(probabilities), {
    ...options,
    ...changed,
    durationMs: probabilities.length * 10,
  }).map(({ startMs, endMs }) => [startMs, endMs]);

describe('speech segments', () => {
  it('begin at the higher threshold and go on above the lower', () => {
    expect(segments([0.4, 0.6, 0.4, 0.4, 0.1, 0.1, 0.4])).toEqual([[10, 40]]);
  });

  it('are not parted by a silence shorter than the minimum', () => {
    expect(segments([0.9, 0.9, 0.1, 0.9, 0.9])).toEqual([[0, 50]]);
    expect(segments([0.9, 0.9, 0.1, 0.1, 0.9, 0.9])).toEqual([[0, 20], [40, 60]]); // prettier-ignore
  });

  it('are left out when they are shorter than the minimum', () => {
    expect(segments([0.9, 0.1, 0.1, 0.9, 0.9])).toEqual([[30, 50]]);
  });

  it('end with the audio, without the silence they end in', () => {
    expect(segments([0.1, 0.9, 0.9, 0.1])).toEqual([[10, 30]]);
  });

  it('are padded, but neither beyond the audio nor into each other', () => {
    expect(segments([0.9, 0.9, 0.1, 0.1, 0.9, 0.9], { padMs: 15 })).toEqual([[0, 30], [30, 60]]); // prettier-ignore
  });

  it('have the mean probability of their windows as their confidence', () => {
    const [segment] = speechSegments(Float32Array.of(1, 0.5, 0, 0), { ...options, durationMs: 40 });
    expect(segment?.confidence).toBeCloseTo(0.75, 6);
  });
});
