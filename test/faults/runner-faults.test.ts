import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { workModel } from '../harness/onnx.js';
import { FaultStack, soon, work } from './fault-stack.js';
import { learnBatches } from './learn-batches.js';
import { type Outcome, tally } from './outcome.js';

const settings = `
[defaults]
instances = 1
threads = 1
[models.bounded]
runMsMax = 2000
`;
/** Longer than any of these tests waits for it. */
const endless = 10 ** 9;
/** Long enough to be found in the run. */
const long = 10_000;

let origin: FaultStack;
let digest: string;
let boundedDigest: string;
beforeAll(async () => {
  origin = await FaultStack.start({ settings });
  digest = await origin.release('work', workModel());
  boundedDigest = await origin.release('bounded', workModel());
});
afterAll(() => origin.dispose());

const well = { ready: true, grpc: 'SERVING', modelReady: true, index: 'READY', runners: { ready: 1 } };
const ask = (index: number, steps = 1): Promise<Outcome> => origin.infer('work', { inputs: work(steps, index) });
const ends = (reason: string, model = 'work'): Promise<number> =>
  origin.metric('brink_runner_ends_total', { model, reason });

/** Holds the runner with one run, and has `callers` more wait, who then are in one batch together. */
async function batchOf(callers: number): Promise<Promise<Outcome>[]> {
  await learnBatches(origin, 'work');
  const held = ask(0, long);
  await origin.waitFor('work', 0, 1);
  const asked = Array.from({ length: callers }, (_, index) => ask(index, long));
  await origin.waitFor('work', callers, 1);
  expect((await held).ok).toBe(true);
  await origin.waitFor('work', 0, callers);
  return asked;
}

describe('a runner that is killed in the middle of a batch', () => {
  it('loses no request: each of the batch is answered by another runner', async () => {
    const asked = await batchOf(6);
    const killed = origin.runnerOf(digest);
    process.kill(killed, 'SIGKILL');
    // No other runner is there until one has started; the server itself is as ready as before.
    await expect.poll(() => origin.rows('runner-died').length, soon).toBe(1);
    const during = await origin.truth('work');
    expect([during.ready, during.grpc]).toEqual([true, 'SERVING']);
    expect(during.modelReady).toBe((during.runners['ready'] ?? 0) + (during.runners['busy'] ?? 0) > 0);
    const outcomes = await Promise.all(asked);
    expect(tally(outcomes)).toEqual({ ok: 6 });
    expect(outcomes.map(({ values }) => values)).toEqual([0, 1, 2, 3, 4, 5].map((index) => [2 * index]));
    expect(await ends('died')).toBe(1);
    expect(origin.runnerOf(digest)).not.toBe(killed);
    await expect.poll(() => origin.truth('work'), soon).toEqual(well);
  });

  it('is given up after the second, and says so to each with when to come again; then all is as before', async () => {
    const before = await ends('died');
    const asked = await batchOf(3);
    const dead = new Set<number>();
    const killing = vi.waitFor(async () => {
      const { runners } = await origin.truth('work');
      const pid = origin.runnerOf(digest);
      if (runners['busy'] === 1 && !dead.has(pid)) {
        dead.add(pid);
        process.kill(pid, 'SIGKILL');
      }
      expect(await origin.metric('brink_in_flight', { model: 'work' })).toBe(0);
    }, soon);
    const outcomes = await Promise.all(asked);
    await killing;
    expect(tally(outcomes)).toEqual({ '503 runner-failed': 3 });
    expect(outcomes.every(({ retryAfter }) => retryAfter)).toBe(true);
    expect((await ends('died')) - before).toBe(dead.size);
    await expect.poll(() => origin.truth('work'), soon).toEqual(well);
    expect((await ask(7)).values).toEqual([14]);
  });
});

describe('a runner that hangs', () => {
  it('is found silent when it does nothing, and replaced', async () => {
    const stopped = origin.runnerOf(digest);
    process.kill(stopped, 'SIGSTOP');
    await expect.poll(() => origin.rows('runner-silent').map(({ pid }) => pid), soon).toEqual([stopped]);
    expect(await ends('silent')).toBe(1);
    await expect.poll(() => origin.truth('work'), soon).toEqual(well);
    expect(origin.runnerOf(digest)).not.toBe(stopped);
    expect(await origin.runnerPids()).not.toContain(stopped);
    expect((await ask(3)).values).toEqual([6]);
  });

  it('is ended once it runs past its deadline, and those who wait behind it are answered', async () => {
    const stuck = origin.infer('work', { inputs: work(endless, 1), headers: { 'x-brink-timeout-ms': '500' } });
    await origin.waitFor('work', 0, 1);
    const behind = [ask(4), ask(5)];
    expect((await stuck).text).toBe('504 deadline-exceeded');
    expect((await Promise.all(behind)).map(({ values }) => values)).toEqual([[8], [10]]);
    expect(await ends('overrun')).toBe(1);
    await expect.poll(() => origin.truth('work'), soon).toEqual(well);
  });

  it('is ended at the longest that a run of its model may take, however long the caller would wait', async () => {
    const before = origin.runnerOf(boundedDigest);
    const inputs = work(endless, 1);
    const [rest, grpc] = [origin.infer('bounded', { inputs }), origin.inferGrpc('bounded', { inputs })];
    const texts = (await Promise.all([rest, grpc])).map(({ text }) => text);
    expect(texts).toEqual(['504 deadline-exceeded', 'DEADLINE_EXCEEDED deadline-exceeded']);
    await expect.poll(() => origin.truth('bounded'), soon).toEqual(well);
    expect(await ends('overrun', 'bounded')).toBeGreaterThanOrEqual(1);
    expect(origin.runnerOf(boundedDigest)).not.toBe(before);
  });
});

it('leaves one process for each version, and a directory for each process', async () => {
  await expect.poll(async () => (await origin.runnerPids()).length, soon).toBe(2);
  await expect.poll(async () => (await origin.scratchDirs()).length, soon).toBe(2);
});
