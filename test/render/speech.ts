import { seededRandom } from '../harness/random.js';

export const speechRateHz = 16_000;

export type SpeechPart = { kind: 'word'; ms: number } | { kind: 'pause'; ms: number };

/** Audio and where in it the words stand. */
export interface RenderedSpeech {
  readonly samples: Float32Array;
  readonly words: readonly { startMs: number; endMs: number }[];
}

const samplesOf = (ms: number): number => Math.round((ms * speechRateHz) / 1000);

/** Formants of five vowels in Hz: what a throat does to the buzz of its cords. */
const vowels = [
  [730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240],
] as const; // prettier-ignore

/** Words of voiced syllables with pauses between them, from a source-filter synthesiser: no recording is needed. */
export function synthesise(parts: readonly SpeechPart[], seed: number): RenderedSpeech {
  const random = seededRandom(seed);
  const samples = new Float32Array(parts.reduce((sum, { ms }) => sum + samplesOf(ms), 0));
  const words: { startMs: number; endMs: number }[] = [];
  let at = 0;
  for (const { kind, ms } of parts) {
    if (kind === 'word') {
      samples.set(wordSamples(samplesOf(ms), random), at);
      words.push({ startMs: (at * 1000) / speechRateHz, endMs: ((at + samplesOf(ms)) * 1000) / speechRateHz });
    }
    at += samplesOf(ms);
  }
  for (let i = 0; i < samples.length; i++) samples[i] = samples[i]! + (random() - 0.5) * 0.002; // a room is never silent
  return { samples, words };
}

/** Two words with a pause between them. */
export function twoWords(seed: number, pauseMs = 250): RenderedSpeech {
  const random = seededRandom(seed);
  const word = (): SpeechPart => ({ kind: 'word', ms: 350 + Math.floor(random() * 200) });
  const pause = (ms: number): SpeechPart => ({ kind: 'pause', ms });
  return synthesise([pause(400), word(), pause(pauseMs), word(), pause(400)], seed);
}

/** Syllables of about 180 ms: a falling buzz through three resonators, each syllable another vowel. */
function wordSamples(length: number, random: () => number): Float32Array {
  const out = new Float32Array(length);
  const syllables = Math.max(1, Math.round(length / samplesOf(180)));
  const pitchHz = 95 + random() * 80;
  let phase = 0;
  for (let syllable = 0; syllable < syllables; syllable++) {
    const start = Math.round((syllable * length) / syllables);
    const end = Math.round(((syllable + 1) * length) / syllables);
    const buzz = new Float32Array(end - start);
    for (let i = 0; i < buzz.length; i++) {
      const share = i / buzz.length;
      phase += (pitchHz * (1.1 - 0.2 * share) * (1 + (random() - 0.5) * 0.02)) / speechRateHz;
      if (phase >= 1) phase -= 1;
      const breath = (random() - 0.5) * 0.05;
      buzz[i] =
        ((phase < 0.4 ? Math.sin((Math.PI * phase) / 0.4) : 0) - 0.25 + breath) * Math.sin(Math.PI * share) ** 0.4;
    }
    const vowel = vowels[Math.floor(random() * vowels.length)]!;
    let voiced: Float32Array = buzz;
    for (const [index, hz] of vowel.entries()) voiced = resonate(voiced, hz, 60 + 40 * index);
    out.set(normalised(voiced, 0.35), start);
  }
  return out;
}

/** A resonator of two poles. */
function resonate(signal: Float32Array, hz: number, bandwidthHz: number): Float32Array {
  const radius = Math.exp((-Math.PI * bandwidthHz) / speechRateHz);
  const b = 2 * radius * Math.cos((2 * Math.PI * hz) / speechRateHz);
  const c = -radius * radius;
  const out = new Float32Array(signal.length);
  for (let i = 0; i < signal.length; i++) {
    out[i] = (1 - b - c) * signal[i]! + b * (out[i - 1] ?? 0) + c * (out[i - 2] ?? 0);
  }
  return out;
}

function normalised(signal: Float32Array, peak: number): Float32Array {
  const most = signal.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-9);
  return signal.map((value) => (value / most) * peak);
}

export const silence = (ms: number): Float32Array => new Float32Array(samplesOf(ms));

export function noise(ms: number, seed: number, amplitude = 0.1): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: samplesOf(ms) }, () => (random() * 2 - 1) * amplitude);
}

export function tone(ms: number, hz: number, amplitude = 0.3): Float32Array {
  return Float32Array.from(
    { length: samplesOf(ms) },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / speechRateHz),
  );
}

/** Samples from −1 to 1 as a mono WAV file of 16-bit PCM. */
export function encodeWav(samples: Float32Array, sampleRate = speechRateHz): Uint8Array {
  const bytes = new Uint8Array(44 + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string): void => bytes.set(new TextEncoder().encode(value), at);
  text(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((value, i) => {
    view.setInt16(44 + 2 * i, Math.round(Math.max(-1, Math.min(1, value)) * 32_767), true);
  });
  return bytes;
}
