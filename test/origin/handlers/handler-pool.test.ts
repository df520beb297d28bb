import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HandlerPool, type HandlerPoolOptions } from '../../../origin/handlers/handler-pool.js';
import type { Prediction } from '../../../origin/handlers/handler-worker.js';
import { VersionFileCache } from '../../../origin/handlers/version-file-cache.js';
import type { HandlerInput } from '../../../shared/handler/handler.js';
import { doubleModel, slowModel } from '../../harness/onnx.js';
import { bundleOrigin, type Bundles, fp32, startTestOrigin, type TestOrigin, within } from '../harness.js';

let bundles: Bundles;
let directory: string;
let pool: HandlerPool;
let origin: TestOrigin | undefined;
const events: Readonly<Record<string, unknown>>[] = [];
beforeAll(async () => {
  bundles = await bundleOrigin();
  directory = await mkdtemp(join(tmpdir(), 'brink-test-handlers-'));
  await writeFile(join(directory, 'labels'), 'cat\ndog');
});
afterAll(async () => {
  await bundles.remove();
  await rm(directory, { recursive: true, force: true });
});
afterEach(async () => {
  events.length = 0;
  await pool.close();
  await origin?.close();
  origin = undefined;
});

const plentyMs = 60_000;
const input = (...bytes: number[]): HandlerInput => ({
  contentType: 'application/octet-stream',
  bytes: Uint8Array.from(bytes),
  parameters: {},
});

const start = (options: Partial<HandlerPoolOptions> = {}): HandlerPool =>
  (pool = new HandlerPool({ workerJs: bundles.workerJs, log: (event) => events.push(event), workers: 1, ...options }));

const prediction = (name: string, more: Partial<Prediction> = {}): Prediction => ({
  digest: 'd',
  handler: { name, version: 1 },
  files: { labels: join(directory, 'labels') },
  settings: {},
  input: input(1, 2, 3, 4),
  deadline: within(plentyMs),
  run: (_, [x]) =>
    Promise.resolve([
      fp32(
        'y',
        [...x!.shape],
        Array.from(x!.data as Float32Array, (value) => value * 2),
      ),
    ]),
  ...more,
});

describe('a handler', () => {
  it('gets what the caller sent, the files and the settings of its version', async () => {
    const whole = Uint8Array.of(0, 0, 7, 8, 0);
    const sent = { contentType: 'image/png', bytes: whole.subarray(2, 4), parameters: { top: '3' } };
    const described = start().predict(prediction('describe', { input: sent, settings: { depth: [1, { a: null }] } }));
    expect(await described).toEqual({
      contentType: 'image/png',
      parameters: { top: '3' },
      bytes: [7, 8],
      settings: { depth: [1, { a: null }] },
      label: 'cat\ndog',
    });
    expect([...whole]).toEqual([0, 0, 7, 8, 0]); // the caller's memory stays the caller's
  });

  it('runs graphs as often as it needs, and keeps the tensors that it hands in', async () => {
    expect(await start().predict(prediction('loop'))).toEqual([32, 64, 96, 128]);
    const given: number[] = [];
    const run: Prediction['run'] = (_, [x]) => {
      given.push((x!.data as Float32Array).buffer.byteLength);
      return Promise.resolve([x!].map((tensor) => ({ ...tensor, name: 'y' })));
    };
    expect(await pool.predict(prediction('part', { run }))).toEqual([[1, 2, 3, 4], 12]);
    expect(given).toEqual([16]); // the part that it shows, not the buffer behind it
  });

  it.each([
    ['refuse', 'bad-input', /a better input/],
    ['throw', 'handler-failed', /^the model’s handler failed/],
    ['missing-file', 'handler-failed', /the file nothing/],
    ['exit', 'handler-failed', /ended before it answered/],
    ['hoard', 'handler-failed', /ended before it answered/],
    ['nowhere', 'handler-missing', /the handler nowhere@1/],
  ])('that does %s fails with %s, and the next one is served', async (name, code, message) => {
    start({ heapMaxMib: 32 });
    const failed = pool.predict(prediction(name));
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.toThrow(message);
    expect(await pool.predict(prediction('double'))).toEqual([2, 4, 6, 8]);
  });

  it('fails with what its run fails with', async () => {
    const run = (): Promise<never> => Promise.reject(within(5).exceeded('testing'));
    await expect(start().predict(prediction('double', { run }))).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });

  it('that hangs is ended after its deadline, and the next one is served', async () => {
    start({ overrunMsMax: 10 });
    await pool.predict(prediction('double'));
    await expect(pool.predict(prediction('spin', { deadline: within(50) }))).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: expect.stringContaining('the handler worked') as string,
    });
    expect(await pool.predict(prediction('double'))).toEqual([2, 4, 6, 8]);
    expect(events.map(({ event }) => event)).toEqual(['handler-overrun', 'handler-thread-ended']);
  });

  it('that looks at the clock gives up by itself: its thread stays', async () => {
    start({ overrunMsMax: plentyMs });
    const late = pool.predict(prediction('check', { deadline: within(50) }));
    await expect(late).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(await pool.predict(prediction('double'))).toEqual([2, 4, 6, 8]);
    expect(events).toEqual([]);
  });

  it('knows nothing of the server’s environment', async () => {
    expect(await start().predict(prediction('environment'))).toEqual([]);
  });
});

describe('the pool', () => {
  it('bounds those that wait, and says so with both numbers', async () => {
    start({ queueItemsMax: 1, overrunMsMax: 10 });
    const running = pool.predict(prediction('double'));
    const waiting = pool.predict(prediction('double'));
    await expect(pool.predict(prediction('double'))).rejects.toMatchObject({
      code: 'queue-full',
      message: expect.stringMatching(/at most 1 .* got 2/) as string,
    });
    expect(await Promise.all([running, waiting])).toHaveLength(2);
  });

  it('lets go of what waits when its deadline passes', async () => {
    start({ overrunMsMax: 1 });
    const spinning = pool.predict(prediction('spin', { deadline: within(400) }));
    const late = pool.predict(prediction('double', { deadline: within(1) }));
    await expect(late).rejects.toThrow(/waiting for a handler/);
    await expect(spinning).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await expect(pool.predict(prediction('double', { deadline: within(0) }))).rejects.toThrow(/waiting for a handler/);
  });

  it('fails what runs and what waits when it is closed', async () => {
    start();
    const answers = [pool.predict(prediction('spin')), pool.predict(prediction('double'))];
    const codes = Promise.all(
      answers.map((answer) => answer.catch((error: unknown) => (error as { code: string }).code)),
    );
    await pool.close();
    expect(await codes).toEqual(['handler-failed', 'shutting-down']);
    await expect(pool.predict(prediction('double'))).rejects.toMatchObject({ code: 'shutting-down' });
  });

  it('fails, and does not spin, when its threads cannot start', async () => {
    start({ workerJs: join(directory, 'nothing.mjs') });
    await expect(pool.predict(prediction('double'))).rejects.toMatchObject({ code: 'handler-failed' });
    expect(events.filter(({ event }) => event === 'handler-thread-ended').length).toBeLessThanOrEqual(2);
  });
});

describe('files in a worker', () => {
  it('are kept for the versions used last', () => {
    const cache = new VersionFileCache(2);
    const paths = { labels: join(directory, 'labels') };
    const first = cache.files('a', paths);
    cache.files('b', paths);
    expect(cache.files('a', paths)).toBe(first);
    cache.files('c', paths);
    expect(cache.size).toBe(2);
    expect(cache.files('a', paths)).toBe(first);
  });
});

describe('predict on the whole engine', () => {
  it('runs the handler’s graphs in the version’s runner', async () => {
    start();
    origin = await startTestOrigin(bundles);
    const target = await origin.source.publish(
      { double: doubleModel(), slow: slowModel() },
      { inferGraph: null, handler: { name: 'loop', version: 1 } },
    );
    expect(await origin.engine.predict(target, input(1, 2, 3, 4), within(plentyMs))).toEqual([32, 64, 96, 128]);
    expect(origin.pids()).toHaveLength(1);
  });

  it('of a handler of many runs does not hold up those that came after it', async () => {
    start();
    origin = await startTestOrigin(bundles, { settings: { queueItemsMax: 2 } });
    const target = await origin.source.publish({ slow: slowModel() }, { handler: { name: 'many', version: 1 } });
    await origin.engine.prefetch(target, within(plentyMs));
    const page = origin.engine.predict(target, { ...input(200), parameters: { runs: '30' } }, within(plentyMs));
    const quick = origin.engine.predict(target, { ...input(1), parameters: { runs: '1' } }, within(plentyMs));
    expect(await Promise.race([page.then(() => 'page'), quick.then(() => 'quick')])).toBe('quick');
    expect(await page).toBe(30); // and the runs of a request that was let in are not refused
  });

  it('refuses a version without a handler, and a graph that the version does not have', async () => {
    start();
    origin = await startTestOrigin(bundles);
    const plain = await origin.source.publish({ double: doubleModel() });
    await expect(origin.engine.predict(plain, input(1), within(plentyMs))).rejects.toMatchObject({
      code: 'no-handler',
    });
    const wrong = await origin.source.publish(
      { double: doubleModel() },
      { handler: { name: 'missing-graph', version: 1 } },
    );
    const failed = origin.engine.predict(wrong, input(1), within(plentyMs));
    await expect(failed).rejects.toMatchObject({ code: 'handler-failed' });
  });
});
