import { BrinkError } from '../errors/brink-error.js';
import { badAudio, type WavFormat, readWavFormat } from './wav-format.js';
import { readSamples } from './wav-samples.js';

export interface AudioLimits {
  readonly durationMsMax: number;
}

export interface Audio {
  readonly sampleRate: number;
  /** One channel, −1 to 1 (float files may go beyond). */
  readonly samples: Float32Array;
}

interface WavChunk {
  readonly id: string;
  readonly body: Uint8Array;
}

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** The chunks of a RIFF/WAVE file; every length is checked against what there is. */
function* chunksOf(bytes: Uint8Array): Generator<WavChunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || ascii(bytes.subarray(0, 4)) !== 'RIFF' || ascii(bytes.subarray(8, 12)) !== 'WAVE') {
    throw badAudio(`expected a WAV file (RIFF, WAVE), got ${bytes.length} bytes that start as something else`);
  }
  const riffEnd = 8 + view.getUint32(4, true);
  if (riffEnd > bytes.length) {
    throw badAudio(`expected a WAV file of ${riffEnd} bytes, as its header says, got ${bytes.length}`);
  }
  let offset = 12;
  while (offset < riffEnd) {
    if (offset + 8 > riffEnd) throw badAudio(`expected a WAV chunk of at least 8 bytes, got ${riffEnd - offset}`);
    const length = view.getUint32(offset + 4, true);
    const start = offset + 8;
    if (start + length > riffEnd) {
      throw badAudio(`expected ${length} bytes in a WAV chunk, as its header says, got ${riffEnd - start}`);
    }
    yield { id: ascii(bytes.subarray(offset, offset + 4)), body: bytes.subarray(start, start + length) };
    offset = start + length + (length % 2); // chunks are padded to even lengths; the last one's pad is often missing
  }
}

/**
 * A mono WAV file (PCM of 8, 16, 24 or 32 bits, IEEE float of 32 or 64) as samples.
 * Throws `bad-audio`, `audio-too-long`, or `not-a-number` for float samples that are none.
 */
export function decodeWav(bytes: Uint8Array, limits: AudioLimits): Audio {
  let format: WavFormat | undefined;
  for (const { id, body } of chunksOf(bytes)) {
    if (id === 'fmt ' && format === undefined) format = readWavFormat(body);
    if (id !== 'data') continue;
    if (format === undefined) throw badAudio('expected the format of the WAV file before its samples');
    return { sampleRate: format.sampleRate, samples: samplesOf(body, format, limits) };
  }
  throw badAudio('expected samples in the WAV file, got no data chunk');
}

function samplesOf(body: Uint8Array, format: WavFormat, limits: AudioLimits): Float32Array {
  if (format.channels !== 1) throw badAudio(`expected 1 audio channel, got ${format.channels}`);
  const sampleBytes = format.bits / 8;
  if (body.length === 0 || body.length % sampleBytes !== 0) {
    throw badAudio(`expected samples of ${sampleBytes} bytes each, got ${body.length} bytes of them`);
  }
  const durationMs = Math.ceil((body.length / sampleBytes / format.sampleRate) * 1000);
  if (durationMs > limits.durationMsMax) {
    throw new BrinkError(
      'audio-too-long',
      `expected audio of at most ${limits.durationMsMax} ms, got ${durationMs} ms`,
    );
  }
  return readSamples(body, format);
}
