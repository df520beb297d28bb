import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Reply, Stack } from '../harness/stack.js';
import { lineCorpus, type RenderedLine } from '../render/text-line.js';

// The corpus is fixed before it is read: 5 fonts, 3 heights, ±2°, noise, dark and light, all from these two numbers.
const linesCount = 300;
const corpusSeed = 2026;
// One caller at a time: more would make the edge send some of them to the origin.
const [edgeLanes, originLanes] = [1, 2];

interface Character {
  readonly character: string;
  readonly probability: number;
}
interface Read {
  readonly text: string;
  readonly confidence: number;
  readonly characters: readonly Character[];
}

let stack: Stack;
let digest: string;
const corpus = lineCorpus(linesCount, corpusSeed);

beforeAll(async () => {
  stack = await Stack.start();
  ({ digest } = await stack.release('models/ocr-line'));
  // The first call loads the model at the edge, and waits for it; from then on nobody has to be forced there.
  expect((await predict(corpus[0]!, 'edge')).servedBy).toBe('edge');
});
afterAll(() => stack.dispose());

function predict({ png }: RenderedLine, serveOn: 'edge' | 'origin' | undefined): Promise<Reply> {
  const url = `${stack.edge.url}/v1/models/ocr-line/predict?detail=characters`;
  const headers = { 'content-type': 'image/png' };
  return ask(url, { body: png, headers, ...(serveOn === undefined ? {} : { serveOn }) });
}

async function readAll(lanes: number, serveOn: 'edge' | 'origin' | undefined): Promise<{ reply: Reply; read: Read }[]> {
  const results: { reply: Reply; read: Read }[] = [];
  const next = corpus.entries();
  const lane = async (): Promise<void> => {
    for (const [index, line] of next) {
      const reply = await predict(line, serveOn);
      results[index] = { reply, read: reply.json() as unknown as Read };
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

const squeezed = (text: string): string => text.trim();

describe('ocr-line on 300 rendered lines', () => {
  it('covers 5 fonts, 3 heights, both shades, and slants up to 2°', () => {
    expect(new Set(corpus.map(({ font }) => font)).size).toBe(5);
    expect(new Set(corpus.map(({ fontPx }) => fontPx)).size).toBe(3);
    expect(new Set(corpus.map(({ dark }) => dark)).size).toBe(2);
    expect(Math.max(...corpus.map(({ degrees }) => Math.abs(degrees)))).toBeGreaterThan(1.8);
  });

  it('reads at least 98 % exactly at the edge, and the same text with the same probabilities at the origin', async () => {
    const [edge, origin] = await Promise.all([readAll(edgeLanes, undefined), readAll(originLanes, 'origin')]);
    for (const { reply } of edge) expect([reply.status, reply.servedBy, reply.digest]).toEqual([200, 'edge', digest]);
    for (const { reply } of origin)
      expect([reply.status, reply.servedBy, reply.digest]).toEqual([200, 'origin', digest]);

    const exact = edge.filter(({ read }, index) => squeezed(read.text) === squeezed(corpus[index]!.text)).length;
    expect(exact / linesCount, `${exact} of ${linesCount} exact`).toBeGreaterThanOrEqual(0.98);

    let probabilities = 0;
    for (const [index, { read: here }] of edge.entries()) {
      const there = origin[index]!.read;
      expect(there.text).toBe(here.text);
      expect(there.characters.map(({ character }) => character)).toEqual(
        here.characters.map(({ character }) => character),
      );
      expect(Math.abs(there.confidence - here.confidence)).toBeLessThanOrEqual(1e-3);
      for (const [at, { probability }] of here.characters.entries()) {
        expect(Math.abs(there.characters[at]!.probability - probability)).toBeLessThanOrEqual(1e-3);
        probabilities += 1;
      }
    }
    expect(probabilities).toBeGreaterThan(3_000);
    console.log(
      `ocr-line: ${exact} of ${linesCount} lines exact at the edge, ${probabilities} probabilities within 1e-3 of the origin's`,
    );
  }, 300_000);
});
