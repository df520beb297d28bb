import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hogModel } from '../harness/onnx.js';
import { ask, type Reply, Stack } from '../harness/stack.js';

const mib = 1024 * 1024;
let stack: Stack;
let line: { digest: string };
let page: { digest: string };
let hogDigest: string;

beforeAll(async () => {
  stack = await Stack.start({ vars: { EDGE_HEAP_MAX_MIB: '80' } });
  line = await stack.release('models/ocr-line');
  page = await stack.release('models/ocr-page');
  hogDigest = await stack.releaseTest('hog', hogModel());
});
afterAll(() => stack.dispose());

const sample = (model: string): Uint8Array => readFileSync(`models/${model}/sample.png`);
const predict = (model: string, headers: Record<string, string> = {}): Promise<Reply> =>
  ask(`${stack.edge.url}/v1/models/${model}/predict`, {
    body: sample(model),
    headers: { 'content-type': 'image/png', ...headers },
  });

/** Makes the edge allocate `bytes` at run: past the heap cap it is a real `bad_alloc`, at the origin it is nothing. */
const hog = (bytes: number): Promise<Reply> =>
  ask(`${stack.edge.url}/v2/models/hog/infer`, {
    body: JSON.stringify({ inputs: [{ name: 'elements', datatype: 'INT64', shape: [1], data: [bytes / 4] }] }),
    headers: { 'content-type': 'application/json' },
  });

/** The first answers of a cold isolate come from the origin while the edge loads. */
async function untilServedAtTheEdge(request: () => Promise<Reply>): Promise<void> {
  await expect.poll(async () => (await request()).servedBy, { timeout: 20_000 }).toBe('edge');
}

async function untilServedByOrigin(request: () => Promise<Reply>): Promise<Reply> {
  let last = await request();
  await expect.poll(async () => (last = await request()).servedBy, { timeout: 20_000, interval: 200 }).toBe('origin');
  return last;
}

const where = ({ status, servedBy, digest }: Reply) => [status, servedBy, digest];

describe('fallback', () => {
  it('loads in the background while the origin answers the first caller, then serves at the edge', async () => {
    const first = await predict('ocr-line');
    expect([first.status, first.digest]).toEqual([200, line.digest]);
    expect(first.headers.get('x-brink-attempts')).toMatch(/^edge:loading, origin:/);
    await untilServedAtTheEdge(() => predict('ocr-line'));
    expect(where(await predict('ocr-line'))).toEqual([200, 'edge', line.digest]);
  });

  it('answers at the origin when the edge runs out of heap, says so, and goes on at the edge with what fits', async () => {
    await untilServedAtTheEdge(() => hog(mib));
    const large = await hog(200 * mib);
    expect(where(large)).toEqual([200, 'origin', hogDigest]);
    expect(large.headers.get('x-brink-attempts')).toBe('edge:heap-exhausted, origin:ok');
    expect(large.headers.get('server-timing')).toMatch(/^edge;desc="heap-exhausted";dur=[\d.]+, origin;dur=/);
    expect(where(await hog(mib))).toEqual([200, 'edge', hogDigest]);
    await untilServedAtTheEdge(() => predict('ocr-line'));
  });

  it('serves ocr-page through the edge by the origin', async () => {
    const reply = await predict('ocr-page');
    expect(where(reply)).toEqual([200, 'origin', page.digest]);
  });

  it('with the origin killed, answers edge models, and says 503 with what was tried for what only the origin runs', async () => {
    await untilServedAtTheEdge(() => predict('ocr-line'));
    await stack.killOrigin();
    for (let round = 0; round < 8; round += 1) {
      expect(where(await predict('ocr-line'))).toEqual([200, 'edge', line.digest]);
      const down = await predict('ocr-page');
      expect([down.status, down.code, down.digest]).toEqual([503, 'no-tier-available', page.digest]);
      expect(Number(down.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(down.json()['error']).toMatch(/origin/);
      expect(down.json()['error']).toMatch(/edge not tried \(not-placed\)/);
    }
    // After repeated failures the origin is left alone for a while.
    const left = await predict('ocr-page');
    expect(left.json()['error']).toMatch(/origin not tried \(breaker-open\)/);
  });

  it('with both failing, says 503 and which attempts were made', async () => {
    const reply = await hog(200 * mib);
    expect([reply.status, reply.code, reply.digest]).toEqual([503, 'no-tier-available', hogDigest]);
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(reply.json()['error']).toMatch(/edge \(heap-exhausted\)/);
    expect(where(await hog(mib))).toEqual([200, 'edge', hogDigest]);
  });

  it('recovers without a restart of the edge when the origin is back', async () => {
    await stack.startOrigin();
    expect(where(await untilServedByOrigin(() => predict('ocr-page')))).toEqual([200, 'origin', page.digest]);
    expect(where(await hog(200 * mib))).toEqual([200, 'origin', hogDigest]);
    expect(where(await predict('ocr-line'))).toEqual([200, 'edge', line.digest]);
  });

  it('lets operators force a tier and nobody else', async () => {
    const url = `${stack.edge.url}/v1/models/ocr-line/predict`;
    const headers = { 'content-type': 'image/png' };
    const forced = await ask(url, { body: sample('ocr-line'), headers, serveOn: 'origin' });
    expect(where(forced)).toEqual([200, 'origin', line.digest]);
    const refused = await predict('ocr-line', { 'x-brink-serve-on': 'origin' });
    expect([refused.status, refused.code]).toEqual([403, 'operators-only']);
    const edgeOnly = await ask(`${stack.edge.url}/v1/models/ocr-page/predict`, {
      body: sample('ocr-page'),
      headers,
      serveOn: 'edge',
    });
    expect([edgeOnly.status, edgeOnly.code]).toEqual([503, 'no-tier-available']);
  });

  it('bounds a request by its deadline on every tier', async () => {
    const late = await predict('ocr-page', { 'x-brink-timeout-ms': '50' }); // it takes half a second
    // Where the machine is so busy that the body alone takes 50 ms, the same deadline is a 408.
    expect(['504 deadline-exceeded', '408 body-timeout']).toContain(`${late.status} ${late.code}`);
    expect(where(await predict('ocr-page'))).toEqual([200, 'origin', page.digest]);
  });
});
