import { readFileSync } from 'node:fs';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../shared/errors/error-codes.js';
import { joinBytes } from '../../shared/media/join-bytes.js';
import { HttpClient, type WireReply, type WireRequest } from '../harness/http-client.js';
import { expectRefusal } from '../harness/refusals.js';
import { Stack } from '../harness/stack.js';
import { encodeWav, tone } from '../render/speech.js';
import { pngChunk, pngHeader, pngSignature, writePng } from '../shared/media/png-writer.js';

const line = new Uint8Array(readFileSync('models/ocr-line/sample.png'));
const speech = new Uint8Array(readFileSync('models/vad/sample.wav'));

const bytesOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const end = pngChunk('IEND', new Uint8Array());
const grey = (width: number, height: number): Uint8Array => pngHeader({ width, height, depth: 8, colourType: 0 });

/** A zlib stream of this many MiB of zeros: one flushed block again and again, so that making it costs nothing. */
function zeros(mebibytes: number): Uint8Array {
  const block = deflateRawSync(new Uint8Array(2 ** 20), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  return joinBytes([bytesOf(0x78, 0x9c), ...Array.from({ length: mebibytes }, () => block), bytesOf(3, 0)]);
}

const png = (header: Uint8Array, ...pixels: Uint8Array[]): Uint8Array =>
  joinBytes([pngSignature, header, ...pixels.map((bytes) => pngChunk('IDAT', bytes)), end]);

/** A JPEG frame of 8×8 with components of these ids, and nothing behind it. */
const jpeg = (...ids: number[]): Uint8Array => {
  const frame = [8, 0, 8, 0, 8, ids.length, ...ids.flatMap((id) => [id, 0x11, 0])];
  return bytesOf(0xff, 0xd8, 0xff, 0xc0, 0, frame.length + 2, ...frame, 0xff, 0xd9);
};

/** `bytes` with others put in at a place. */
function patched(bytes: Uint8Array, at: number, ...put: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(put, at);
  return copy;
}
const u32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];

/** 32-bit float samples behind a header of 44 bytes, as `encodeWav` writes one. */
function floatWav(...samples: number[]): Uint8Array {
  const head = encodeWav(new Float32Array(2 * samples.length)).slice(0, 44); // 16 bits a sample there
  return joinBytes([
    patched(patched(patched(head, 20, 3, 0), 32, 4, 0), 34, 32, 0),
    new Uint8Array(Float32Array.from(samples).buffer),
  ]);
}

type Case = readonly [what: string, body: Uint8Array, code: ErrorCode, says: RegExp];

const badImages: readonly Case[] = [
  ['a PNG that is cut off', line.subarray(0, 2_000), 'bad-image', /expected \d+ bytes in the PNG chunk at byte \d+, got \d+: cut off/],
  ['a PNG of 20,000×20,000', png(grey(20_000, 20_000), zeros(1)), 'image-too-large', /expected an image of at most 16384 pixels a side, got 20000×20000/],
  ['a PNG of too many pixels', png(grey(16_000, 16_000), zeros(1)), 'image-too-large', /expected an image of at most 1000000 pixels, got 16000×16000 = 256000000/],
  ['a PNG of 1×1 that inflates to 800 MB', png(grey(1, 1), zeros(800)), 'bad-image', /expected 2 bytes of PNG pixels, as the header implies, got more/],
  ['a PNG with a note that inflates to 800 MB', joinBytes([pngSignature, grey(2, 1), pngChunk('zTXt', zeros(800)), end]), 'bad-image', /the PNG has no IDAT chunk/],
  ['a PNG with fewer pixels than it says', png(grey(100, 100), zeros(0)), 'bad-image', /expected 10100 bytes of PNG pixels, as the header implies, got 0/],
  ['a PNG of no pixels', png(grey(0, 1), zeros(1)), 'bad-image', /expected an image of at least 1×1 pixels, got 0×1/],
  ['a PNG with a wrong checksum', patched(line, 30, 9), 'bad-image', /the checksum of the PNG chunk IHDR at byte 8 does not match/],
  ['a PNG of pixels that are no zlib stream', png(grey(9, 9), new Uint8Array(99).fill(7)), 'bad-image', /the PNG pixels are not a valid zlib stream/],
  ['a JPEG of CMYK', jpeg(1, 2, 3, 4), 'bad-image', /expected a grey or colour \(YCbCr, RGB\) JPEG, got one of 4 components: CMYK/],
  ['a JPEG without a scan', jpeg(1, 2, 3), 'bad-image', /the JPEG has no pixels/],
  ['a JPEG of two bytes', bytesOf(0xff, 0xd8, 0xff), 'bad-image', /the JPEG is cut off/],
  ['a GIF', Buffer.from('GIF89a rest'), 'bad-image', /expected a PNG or JPEG image, got 11 bytes that start as neither/],
  ['nothing', bytesOf(), 'bad-image', /expected a PNG or JPEG image, got 0 bytes/],
]; // prettier-ignore

const badSounds: readonly Case[] = [
  ['a WAV whose file length lies', patched(speech, 4, ...u32(2 ** 31)), 'bad-audio', /expected a WAV file of 2147483656 bytes, as its header says, got \d+/],
  ['a WAV whose data length lies', patched(speech, 40, ...u32(2 ** 32 - 1)), 'bad-audio', /expected 4294967295 bytes in a WAV chunk, as its header says, got \d+/],
  ['a WAV that is cut off', speech.subarray(0, 1_000), 'bad-audio', /expected a WAV file of \d+ bytes, as its header says, got 1000/],
  ['samples that are NaN', floatWav(0, Number.NaN), 'not-a-number', /expected finite audio samples, got NaN at sample 1/],
  ['samples that are infinite', floatWav(0, 0, -Infinity), 'not-a-number', /expected finite audio samples, got -Infinity at sample 2/],
  ['two channels', patched(speech, 22, 2, 0), 'bad-audio', /expected 4 bytes for a sample of every channel, got 2|expected 1 audio channel, got 2/],
  ['another sample rate', encodeWav(tone(100, 440), 44_100), 'bad-audio', /expected audio of 16000 Hz, got 44100 Hz/],
  ['a sample rate of 0', patched(speech, 24, 0, 0, 0, 0), 'bad-audio', /expected at least 1 channel and 1 Hz, got 1 and 0/],
  ['compressed samples', patched(speech, 20, 85, 0), 'bad-audio', /expected WAV samples as PCM \(1\) or IEEE float \(3\), got format 85/],
  ['no samples', encodeWav(new Float32Array(0)), 'bad-audio', /expected samples of 2 bytes each, got 0 bytes of them/],
  ['130 seconds', encodeWav(new Float32Array(130 * 16_000)), 'audio-too-long', /expected audio of at most 120000 ms, got 130000 ms/],
  ['an MP3', Buffer.from('ID3 and the rest of it'), 'bad-audio', /expected a WAV file \(RIFF, WAVE\), got 22 bytes that start as something else/],
]; // prettier-ignore

const predict = (model: string, type: string, body: Uint8Array, query = ''): WireRequest => ({
  path: `/v1/models/${model}/predict${query}`,
  body,
  headers: { 'content-type': type },
});

let stack: Stack;
const digests: Record<string, string> = {};
beforeAll(async () => {
  stack = await Stack.start();
  for (const model of ['ocr-line', 'vad']) digests[model] = (await stack.release(`models/${model}`)).digest;
});
afterAll(() => stack.dispose());

describe.each(['edge', 'origin'] as const)('at the %s', (tier) => {
  let client: HttpClient;
  beforeAll(() => {
    client = HttpClient.for(stack, tier);
  });
  afterAll(() => client.close());

  const from = (reply: WireReply): unknown[] => [
    reply.status,
    reply.headers['x-brink-served-by'],
    reply.headers['x-brink-digest'],
  ];

  describe('an image', () => {
    it.each(badImages)('is refused: %s', async (_, body, code, says) => {
      const type = body[0] === 0xff ? 'image/jpeg' : 'image/png';
      expectRefusal(await client.send(predict('ocr-line', type, body)), code, says);
    });

    it('is refused by its label when that is of no image, and by its bytes when the label lies', async () => {
      const labelled = await client.send(predict('ocr-line', 'audio/wav', line));
      expectRefusal(
        labelled,
        'unsupported-media-type',
        /expected content-type image\/png, image\/jpeg, got "audio\/wav"/,
      );
      const lied = await client.send(predict('ocr-line', 'image/png', speech));
      expectRefusal(lied, 'bad-image', /expected a PNG or JPEG image, got \d+ bytes that start as neither/);
    });

    it('is refused with a parameter that the handler does not take', async () => {
      const reply = await client.send(predict('ocr-line', 'image/png', line, '?detail=everything'));
      expectRefusal(reply, 'bad-parameter', /expected detail=characters, got another value/);
    });

    it('is read when it is good, compressed, or very small', async () => {
      const whole = await client.send(predict('ocr-line', 'image/png', line));
      expect(from(whole)).toEqual([200, tier, digests['ocr-line']]);
      expect(JSON.parse(whole.bytes.toString())).toMatchObject({ text: 'Brink reads this line' });
      const request = predict('ocr-line', 'image/png', gzipSync(line));
      const packed = await client.send({ ...request, headers: { ...request.headers, 'content-encoding': 'gzip' } });
      expect(packed.bytes).toEqual(whole.bytes);
      const dot = writePng({ width: 1, height: 1, depth: 8, colourType: 0 }, () => 0);
      expect(from(await client.send(predict('ocr-line', 'image/png', dot)))).toEqual([200, tier, digests['ocr-line']]);
    });
  });

  describe('a sound', () => {
    it.each(badSounds)('is refused: %s', async (_, body, code, says) => {
      expectRefusal(await client.send(predict('vad', 'audio/wav', body)), code, says);
    });

    it('is refused as tensors of an empty batch, which would abort the LSTM and all that runs beside it', async () => {
      const tensors = [
        { name: 'input', datatype: 'FP32', shape: [0, 576], data: [] },
        { name: 'state', datatype: 'FP32', shape: [2, 0, 128], data: [] },
        { name: 'sr', datatype: 'INT64', shape: [], data: [16_000] },
      ];
      const reply = await client.send({ path: '/v2/models/vad/infer', body: JSON.stringify({ inputs: tensors }) });
      expectRefusal(reply, 'wrong-shape', /expected a batch of at least 1 for input "input", got shape \[0, 576\]/);
    });

    it('is heard when it is good', async () => {
      const reply = await client.send(predict('vad', 'audio/wav', speech));
      expect(from(reply)).toEqual([200, tier, digests['vad']]);
      expect((JSON.parse(reply.bytes.toString()) as { segments: unknown[] }).segments).toHaveLength(2);
    });
  });
});
