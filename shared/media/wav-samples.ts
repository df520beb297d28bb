import { BrinkError } from '../errors/brink-error.js';
import type { WavFormat } from './wav-format.js';

/** The samples of one channel as numbers from −1 to 1. Throws `not-a-number` for NaN and infinities. */
export function readSamples(body: Uint8Array, format: WavFormat): Float32Array {
  const sampleBytes = format.bits / 8;
  const read = sampleReader(new DataView(body.buffer, body.byteOffset, body.byteLength), format);
  const samples = new Float32Array(body.length / sampleBytes);
  for (let i = 0; i < samples.length; i++) {
    const value = read(i * sampleBytes);
    samples[i] = value;
    if (!Number.isFinite(samples[i])) {
      throw new BrinkError('not-a-number', `expected finite audio samples, got ${value} at sample ${i}`);
    }
  }
  return samples;
}

function sampleReader(view: DataView, { encoding, bits }: WavFormat): (offset: number) => number {
  if (encoding === 'float') {
    return bits === 32 ? (offset) => view.getFloat32(offset, true) : (offset) => view.getFloat64(offset, true);
  }
  switch (bits) {
    case 8:
      return (offset) => (view.getUint8(offset) - 128) / 2 ** 7; // the one unsigned width
    case 16:
      return (offset) => view.getInt16(offset, true) / 2 ** 15;
    case 24:
      return (offset) => (view.getInt8(offset + 2) * 65_536 + view.getUint16(offset, true)) / 2 ** 23;
    default:
      return (offset) => view.getInt32(offset, true) / 2 ** 31;
  }
}
