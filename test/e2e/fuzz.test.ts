import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../shared/errors/error-codes.js';
import { type Codec, corpusOf } from '../harness/fuzz-corpus.js';
import { describeRequest, fuzzRun, type Tally } from '../harness/fuzz-run.js';
import { HttpClient, type WireRequest } from '../harness/http-client.js';
import { goodInfer } from '../harness/infer-requests.js';
import { mutateBody } from '../harness/mutate.js';
import { mutateHeaders } from '../harness/mutant-headers.js';
import { doubleModel, echoModel, gatherModel, reshapeModel } from '../harness/onnx.js';
import { oneOf, seededRandom } from '../harness/random.js';
import { Stack } from '../harness/stack.js';

const requests = 10_000;
const seed = 20_261_123;
const tiers = ['edge', 'origin'] as const;

/** How often headers are mutated (and then the body only now and then), and how often the large model is asked. */
const headersShare = 0.15;
const bodyToo = 0.3;
const largeModelShare = 1 / 200;

/** Codes that are answered only when a body has passed its framing: all others are not counted as such. */
const afterFraming: ReadonlySet<ErrorCode> = new Set([
  'missing-input', 'unknown-input', 'unknown-output', 'duplicate-name', 'wrong-datatype', 'unsupported-datatype',
  'wrong-shape', 'wrong-element-count', 'wrong-byte-size', 'value-out-of-range', 'not-a-number', 'bad-parameter',
  'model-rejected-input', 'not-acceptable',
]); // prettier-ignore

let stack: Stack;
const clients = new Map<string, HttpClient>();
const digests = new Map<string, string>();
const rows: Record<string, unknown>[] = [];

beforeAll(async () => {
  stack = await Stack.start();
  const models = { echo: echoModel(), double: doubleModel(), gather: gatherModel(), reshape: reshapeModel() };
  for (const [name, model] of Object.entries(models)) digests.set(name, await stack.releaseTest(name, model));
  for (const name of ['ocr-line', 'vad']) digests.set(name, (await stack.release(`models/${name}`)).digest);
  for (const tier of tiers) clients.set(tier, HttpClient.for(stack, tier));
});
afterAll(async () => {
  console.table(rows);
  for (const client of clients.values()) client.close();
  await stack.dispose();
});

/** An endless series of mutants, the same for the same seed. */
function mutants(codec: Codec, random: () => number): () => WireRequest {
  const { quick, slow } = corpusOf(codec);
  return () => {
    const good = random() < largeModelShare ? slow : oneOf(random, quick);
    const inHeaders = random() < headersShare;
    const inBody = !inHeaders || random() < bodyToo;
    const request = inBody ? { ...good, body: mutateBody(good.body as Uint8Array, random) } : good;
    return inHeaders ? mutateHeaders(request, random) : request;
  };
}

async function fuzz(codec: Codec, tier: 'edge' | 'origin'): Promise<Tally> {
  const tally = await fuzzRun({
    client: clientOf(tier),
    tier,
    requests,
    next: mutants(codec, seededRandom(seed + codec.length)),
    digestOf: (path) => digests.get(path.split('/')[3] ?? ''),
  });
  const passed = [...tally.codes].filter(([code]) => afterFraming.has(code)).reduce((sum, [, count]) => sum + count, tally.ok); // prettier-ignore
  rows.push({ codec, tier, requests, ok: tally.ok, 'passed the framing': passed, codes: tally.codes.size, s: tally.seconds }); // prettier-ignore
  const said = `${codec} at the ${tier}: ${tally.ok} answered, ${passed} passed the framing, ${JSON.stringify([...tally.codes])}`;
  expect(passed, said).toBeGreaterThanOrEqual(requests / 5);
  expect(tally.ok, said).toBeGreaterThan(requests / 50);
  expect(tally.codes.size, said).toBeGreaterThanOrEqual(12);
  return tally;
}

/** Both sides are sent the same: what one refuses, the other refuses with the same code. */
function expectAlike(codec: Codec, [edge, origin]: Tally[]): void {
  const next = mutants(codec, seededRandom(seed + codec.length));
  expect([edge?.outcomes.length, origin?.outcomes.length]).toEqual([requests, requests]);
  for (const [at, outcome] of edge?.outcomes.entries() ?? []) {
    const request = next();
    if (outcome === origin?.outcomes[at]) continue;
    throw new Error(`edge ${outcome}, origin ${origin?.outcomes[at]} for ${describeRequest(request)}`);
  }
}

function clientOf(tier: string): HttpClient {
  const client = clients.get(tier);
  if (client === undefined) throw new Error(`no client for the ${tier}`);
  return client;
}

/** Everything is as it was: alive, right to the bit, and nothing has been started anew. */
async function expectUnharmed(tier: 'edge' | 'origin'): Promise<void> {
  const client = clientOf(tier);
  const live = await client.send({ path: '/v2/health/live' });
  expect([live.status, live.bytes.toString()]).toEqual([200, '{"live":true}']);
  for (const codec of ['JSON', 'binary', 'msgpack'] as const) {
    for (const good of corpusOf(codec).quick) {
      const reply = await client.send(good);
      expect([reply.status, reply.headers['x-brink-served-by']], reply.bytes.toString()).toEqual([200, tier]);
    }
  }
  const reply = await client.send(goodInfer);
  expect(JSON.parse(reply.bytes.toString())).toMatchObject({ outputs: [{ data: [2, 4, 6, 8] }] });
}

describe(`${requests} mutated requests to each side`, () => {
  it.each(['JSON', 'binary', 'msgpack'] as const)(
    'in %s end in an answer or in a presentable 4xx, and harm nothing',
    async (codec) => {
      const tallies = await Promise.all(tiers.map((tier) => fuzz(codec, tier)));
      expectAlike(codec, tallies);
      for (const tier of tiers) await expectUnharmed(tier);
    },
    300_000,
  );

  it('have not made the origin start a runner or a thread anew, nor the edge fail at anything', () => {
    const events = (lines: readonly string[]): string[] =>
      lines.filter((line) => line.startsWith('{')).map((line) => (JSON.parse(line) as { event: string }).event);
    const atOrigin = events(stack.originLines);
    expect(atOrigin.filter((event) => event === 'listening')).toHaveLength(1);
    // One for each core where runs wait; those that were started anew are among the bad.
    const ready = atOrigin.filter((event) => event === 'runner-ready').length;
    expect(ready).toBeGreaterThanOrEqual(digests.size);
    expect(ready).toBeLessThanOrEqual(digests.size * availableParallelism());
    const bad =
      /runner-(died|overrun|silent|grown|start-failed|evicted)|handler-|host-failed|version-load-failed|version-let-go|closing/;
    expect([...atOrigin, ...events(stack.edgeLines)].filter((event) => bad.test(event))).toEqual([]);
  });
});
