import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeRequest, fuzzRun, type Tally } from '../harness/fuzz-run.js';
import { HttpClient, type WireRequest } from '../harness/http-client.js';
import { jpegCorpus, mutateMedia, pngCorpus, wavCorpus, withChecksums } from '../harness/media-corpus.js';
import { integerBelow, oneOf, seededRandom } from '../harness/random.js';
import { Stack } from '../harness/stack.js';
import { releaseTinyOcr } from '../harness/tiny-ocr.js';

const requests = 1_000;
const seed = 20_261_124;
const tiers = ['edge', 'origin'] as const;

interface Medium {
  readonly models: readonly string[];
  readonly type: string;
  readonly corpus: readonly Uint8Array[];
}
const images = ['tiny-ocr-line', 'tiny-ocr-page'];
const media: Readonly<Record<string, Medium>> = {
  PNG: { models: images, type: 'image/png', corpus: pngCorpus() },
  JPEG: { models: images, type: 'image/jpeg', corpus: jpegCorpus() },
  WAV: { models: ['vad'], type: 'audio/wav', corpus: wavCorpus() },
};
/** Asked with one in ten requests. */
const queries = ['?detail=characters', '?detail=windows', '?detail=%00', '?__proto__=1', '?detail'];

let stack: Stack;
const clients = new Map<string, HttpClient>();
const digests = new Map<string, string>();
const rows: Record<string, unknown>[] = [];

beforeAll(async () => {
  stack = await Stack.start();
  for (const handler of ['ocr-line', 'ocr-page'] as const) {
    digests.set(`tiny-${handler}`, await releaseTinyOcr(stack, handler));
  }
  digests.set('vad', (await stack.release('models/vad')).digest);
  for (const tier of tiers) clients.set(tier, HttpClient.for(stack, tier));
});
afterAll(async () => {
  console.table(rows);
  for (const client of clients.values()) client.close();
  await stack.dispose();
});

const predict = (model: string, { type }: Medium, body: Uint8Array, query = ''): WireRequest => ({
  path: `/v1/models/${model}/predict${query}`,
  body,
  headers: { 'content-type': type },
});

function mutants(medium: Medium): () => WireRequest {
  const random = seededRandom(seed);
  return () => {
    const mutated = mutateMedia(oneOf(random, medium.corpus), random);
    const body = integerBelow(random, 4) > 0 ? withChecksums(mutated) : mutated;
    const query = integerBelow(random, 10) === 0 ? oneOf(random, queries) : '';
    return predict(oneOf(random, medium.models), medium, medium.type === 'image/png' ? body : mutated, query);
  };
}

function clientOf(tier: string): HttpClient {
  const client = clients.get(tier);
  if (client === undefined) throw new Error(`no client for the ${tier}`);
  return client;
}

async function fuzz(name: string, medium: Medium, tier: 'edge' | 'origin'): Promise<Tally> {
  const tally = await fuzzRun({
    client: clientOf(tier),
    tier,
    requests,
    next: mutants(medium),
    digestOf: (path) => digests.get(path.split('/')[3] ?? ''),
  });
  rows.push({ medium: name, tier, requests, ok: tally.ok, codes: [...tally.codes.keys()].join(' '), s: tally.seconds });
  return tally;
}

describe(`${requests} mutated files to the handlers of each side`, () => {
  it.each(Object.entries(media))(
    'of %s end in an answer or in a presentable 4xx, the same on both sides, and harm nothing',
    async (name, medium) => {
      const [edge, origin] = await Promise.all(tiers.map((tier) => fuzz(name, medium, tier)));
      const next = mutants(medium);
      for (const [at, outcome] of edge?.outcomes.entries() ?? []) {
        const request = next();
        if (outcome === origin?.outcomes[at]) continue;
        throw new Error(`edge ${outcome}, origin ${origin?.outcomes[at]} for ${describeRequest(request)}`);
      }
      expect(edge?.ok).toBeGreaterThan(requests / 20);
      expect(edge?.codes.size).toBeGreaterThanOrEqual(2);
      for (const tier of tiers) {
        for (const model of medium.models) {
          for (const file of medium.corpus) {
            const reply = await clientOf(tier).send(predict(model, medium, file));
            const came = [reply.status, reply.headers['x-brink-served-by'], reply.headers['x-brink-digest']];
            expect(came, reply.bytes.toString()).toEqual([200, tier, digests.get(model)]);
          }
        }
      }
    },
    180_000,
  );

  it('have not made the origin start a runner or a thread anew, nor the edge fail at anything', () => {
    const events = [...stack.originLines, ...stack.edgeLines]
      .filter((line) => line.startsWith('{'))
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events.filter((event) => event === 'listening')).toHaveLength(1);
    // One for each core where runs wait; those that were started anew are among the bad.
    const ready = events.filter((event) => event === 'runner-ready').length;
    expect(ready).toBeGreaterThanOrEqual(digests.size);
    expect(ready).toBeLessThanOrEqual(digests.size * availableParallelism());
    const bad =
      /runner-(died|overrun|silent|grown|start-failed|evicted)|handler-|host-failed|version-load-failed|version-let-go/;
    expect(events.filter((event) => bad.test(event))).toEqual([]);
  });
});
