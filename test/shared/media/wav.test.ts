import { describe, expect, it } from 'vitest';
import { joinBytes } from '../../../shared/media/join-bytes.js';
import { decodeWav } from '../../../shared/media/wav.js';
import { seededRandom } from '../../harness/random.js';
import { encodeWav, tone } from '../../render/speech.js';
import { failureOf, fuzz } from './bad-input.js';

const decode = (bytes: Uint8Array) => decodeWav(bytes, { durationMsMax: 1000 });

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

function chunk(id: string, body: Uint8Array, length = body.length): Uint8Array {
  return joinBytes([ascii(id), u32(length), body, new Uint8Array(body.length % 2)]);
}

function riff(...chunks: Uint8Array[]): Uint8Array {
  const body = joinBytes([ascii('WAVE'), ...chunks]);
  return joinBytes([ascii('RIFF'), u32(body.length), body]);
}

interface Format {
  tag?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  block?: number;
}

function format({
  tag = 1,
  channels = 1,
  rate = 16_000,
  bits = 16,
  block = (channels * bits) / 8,
}: Format): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint16(0, tag, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rate, true);
  view.setUint32(8, rate * block, true);
  view.setUint16(12, block, true);
  view.setUint16(14, bits, true);
  return new Uint8Array(view.buffer);
}

const wav = (shape: Format, data: ArrayBufferView): Uint8Array =>
  riff(chunk('fmt ', format(shape)), chunk('data', new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));

describe('a WAV file', () => {
  it.each([
    ['8-bit', { bits: 8 }, Uint8Array.of(128, 192, 0)],
    ['16-bit', { bits: 16 }, Int16Array.of(0, 16_384, -32_768)],
    ['24-bit', { bits: 24 }, Uint8Array.of(0, 0, 0, 0, 0, 0x40, 0, 0, 0x80)],
    ['32-bit', { bits: 32 }, Int32Array.of(0, 2 ** 30, -(2 ** 31))],
    ['float', { tag: 3, bits: 32 }, Float32Array.of(0, 0.5, -1)],
    ['double', { tag: 3, bits: 64 }, Float64Array.of(0, 0.5, -1)],
  ])('of %s samples gives them from −1 to 1', (_, shape, data) => {
    expect(decode(wav(shape, data))).toEqual({ sampleRate: 16_000, samples: Float32Array.of(0, 0.5, -1) });
  });

  it('with the extensible format, other chunks, odd lengths and no last pad byte is read', () => {
    const extensible = joinBytes([
      format({ tag: 0xfffe, bits: 8 }),
      Uint8Array.of(22, 0, 8, 0, 0, 0, 0, 0, 1, 0),
      new Uint8Array(14),
    ]);
    const data = joinBytes([ascii('data'), u32(3), Uint8Array.of(128, 192, 0)]);
    const bytes = riff(chunk('LIST', Uint8Array.of(1, 2, 3)), chunk('fmt ', extensible), data);
    expect([...decode(bytes).samples]).toEqual([0, 0.5, -1]);
  });

  it('may be followed by other data', () => {
    expect(decode(joinBytes([wav({}, Int16Array.of(1)), new Uint8Array(99)])).samples).toHaveLength(1);
  });
});

describe('a bad WAV file', () => {
  const one = Int16Array.of(1);
  it.each([
    ['that is something else', ascii('OggS and so on, long enough'), /got 27 bytes/],
    [
      'with a header that promises more',
      joinBytes([ascii('RIFF'), u32(9999), wav({}, one).subarray(8)]),
      /10007 bytes.*got 46/,
    ],
    [
      'with samples that promise more',
      riff(chunk('fmt ', format({})), chunk('data', new Uint8Array(2), 4000)),
      /4000 bytes.*got 2/,
    ],
    [
      'with samples that promise 4 GiB',
      riff(chunk('fmt ', format({})), chunk('data', new Uint8Array(2), 0xffffffff)),
      /4294967295/,
    ],
    ['with a chunk cut off', riff(chunk('fmt ', format({})), Uint8Array.of(1, 2, 3)), /got 3/],
    ['without samples', riff(chunk('fmt ', format({}))), /no data chunk/],
    ['with no bytes of samples', wav({}, new Uint8Array()), /got 0 bytes/],
    ['with half a sample', wav({}, new Uint8Array(3)), /2 bytes each, got 3/],
    ['with samples before the format', riff(chunk('data', new Uint8Array(2))), /format .* before/],
    ['in stereo', wav({ channels: 2 }, new Int16Array(2)), /1 audio channel, got 2/],
    ['of 12 bits', wav({ bits: 12 }, one), /got 12/],
    ['in MP3', wav({ tag: 85 }, one), /got format 85/],
    ['with a short format', riff(chunk('fmt ', new Uint8Array(8))), /16 bytes, got 8/],
    ['with a short extensible format', wav({ tag: 0xfffe }, one), /40 bytes, got 16/],
    ['of 0 Hz', wav({ rate: 0 }, one), /1 Hz/],
    ['with a block size that does not fit', wav({ block: 7 }, one), /2 bytes .*got 7/],
  ])('%s is refused with its reason', (_, bytes, reason) => {
    const { code, message } = failureOf(() => decode(bytes));
    expect(code).toBe('bad-audio');
    expect(message).toMatch(reason);
  });

  it('that is too long is refused with both numbers', () => {
    const { code, status, message } = failureOf(() => decode(wav({}, new Int16Array(16_001))));
    expect([code, status]).toEqual(['audio-too-long', 413]);
    expect(message).toMatch(/1000 ms, got 1001 ms/);
  });

  it.each([NaN, Infinity, -Infinity])('with %d among its samples is refused, and says where', (value) => {
    const { code, message } = failureOf(() => decode(wav({ tag: 3, bits: 32 }, Float32Array.of(0, value))));
    expect(code).toBe('not-a-number');
    expect(message).toMatch(/sample 1/);
  });

  it('with a double that no float can hold is refused', () => {
    expect(failureOf(() => decode(wav({ tag: 3, bits: 64 }, Float64Array.of(1e300)))).code).toBe('not-a-number');
  });

  it('made by mutation is read or refused, 2,000 times', () => {
    const bytes = encodeWav(tone(4, 440));
    fuzz(bytes, 1000, seededRandom(14), decode);
    // once more on the header alone, where the lies are
    fuzz(encodeWav(tone(1, 440)), 1000, seededRandom(15), decode);
  });
});
