import { BrinkError } from '../errors/brink-error.js';

/** What a WAV file's fmt chunk says. */
export interface WavFormat {
  readonly encoding: 'pcm' | 'float';
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
}

export const badAudio = (message: string): BrinkError => new BrinkError('bad-audio', message);

const tag = { pcm: 1, float: 3, extensible: 0xfffe } as const;
const bitsOf = { pcm: [8, 16, 24, 32], float: [32, 64] } as const;

/** Reads the chunk's body (WAVEFORMATEX, WAVEFORMATEXTENSIBLE). Throws `bad-audio`. */
export function readWavFormat(body: Uint8Array): WavFormat {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (body.length < 16) throw badAudio(`expected a WAV format of at least 16 bytes, got ${body.length}`);
  const outer = view.getUint16(0, true);
  if (outer === tag.extensible && body.length < 40) {
    throw badAudio(`expected an extensible WAV format of at least 40 bytes, got ${body.length}`);
  }
  const inner = outer === tag.extensible ? view.getUint16(24, true) : outer; // the GUID starts with the plain tag
  const encoding = inner === tag.pcm ? 'pcm' : inner === tag.float ? 'float' : undefined;
  if (encoding === undefined) throw badAudio(`expected WAV samples as PCM (1) or IEEE float (3), got format ${inner}`);
  const [channels, sampleRate] = [view.getUint16(2, true), view.getUint32(4, true)];
  const [blockBytes, bits] = [view.getUint16(12, true), view.getUint16(14, true)];
  if (!(bitsOf[encoding] as readonly number[]).includes(bits)) {
    throw badAudio(`expected ${bitsOf[encoding].join(', ')} bits a sample for ${encoding}, got ${bits}`);
  }
  if (channels < 1 || sampleRate < 1) {
    throw badAudio(`expected at least 1 channel and 1 Hz, got ${channels} and ${sampleRate}`);
  }
  if (blockBytes !== (channels * bits) / 8) {
    throw badAudio(`expected ${(channels * bits) / 8} bytes for a sample of every channel, got ${blockBytes}`);
  }
  return { encoding, channels, sampleRate, bits };
}
