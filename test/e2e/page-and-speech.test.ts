import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Reply, Stack } from '../harness/stack.js';
import { renderPage } from '../render/page.js';
import { encodeWav, noise, silence, tone, twoWords } from '../render/speech.js';

const tiers = ['edge', 'origin'] as const;
let stack: Stack;
let page: { digest: string };
let vad: { digest: string };

beforeAll(async () => {
  stack = await Stack.start();
  page = await stack.release('models/ocr-page');
  vad = await stack.release('models/vad');
});
afterAll(() => stack.dispose());

describe('ocr-page', () => {
  const read = async (png: Uint8Array): Promise<{ text: string; box: number[][] }[]> => {
    const url = `${stack.edge.url}/v1/models/ocr-page/predict`;
    const reply = await ask(url, { body: png, headers: { 'content-type': 'image/png' } });
    expect([reply.status, reply.servedBy, reply.digest]).toEqual([200, 'origin', page.digest]);
    return reply.json()['lines'] as { text: string; box: number[][] }[];
  };

  it('reads a page of at least eight lines right, through the edge, by the origin', async () => {
    const { lines } = JSON.parse(readFileSync('models/ocr-page/sample.json', 'utf8')) as { lines: string[] };
    expect(lines.length).toBeGreaterThanOrEqual(8);
    const found = await read(readFileSync('models/ocr-page/sample.png'));
    expect(found.map(({ text }) => text)).toEqual(lines);
  });

  it('reads at least 95 % of the sixty lines of six pages exactly, in reading order', async () => {
    let exact = 0;
    for (let seed = 1; seed <= 6; seed += 1) {
      const { png, lines } = renderPage(seed, 10);
      // A line that the detector takes for two counts as not read.
      const right = (await read(png)).map(({ text }) => text).filter((text) => lines.includes(text));
      expect(right).toEqual(lines.filter((line) => right.includes(line)));
      exact += right.length;
    }
    expect(exact, `${exact} of 60 exact`).toBeGreaterThanOrEqual(57);
  });
});

describe.each(tiers)('vad at the %s', (tier) => {
  interface Segment {
    readonly startMs: number;
    readonly endMs: number;
  }
  const listen = async (samples: Float32Array): Promise<Segment[]> => {
    const url = `${stack.edge.url}/v1/models/vad/predict`;
    const reply: Reply = await ask(url, {
      body: encodeWav(samples),
      headers: { 'content-type': 'audio/wav' },
      serveOn: tier,
    });
    expect([reply.status, reply.servedBy, reply.digest], new TextDecoder().decode(reply.bytes)).toEqual([
      200,
      tier,
      vad.digest,
    ]);
    return reply.json()['segments'] as Segment[];
  };

  it.each([1, 2, 3, 4, 5])(
    'hears two words with a pause of 0.25 s as two segments, where they are (speaker %i)',
    async (seed) => {
      const { samples, words } = twoWords(seed, 250);
      const segments = await listen(samples);
      expect(segments).toHaveLength(2);
      for (const [index, { startMs, endMs }] of segments.entries()) {
        expect(Math.abs(startMs - words[index]!.startMs)).toBeLessThan(150);
        expect(Math.abs(endMs - words[index]!.endMs)).toBeLessThan(150);
      }
    },
  );

  it('hears no speech in silence, noise and a tone', async () => {
    expect(await listen(silence(2_000))).toEqual([]);
    expect(await listen(noise(2_000, 3))).toEqual([]);
    expect(await listen(tone(2_000, 440))).toEqual([]);
  });
});
