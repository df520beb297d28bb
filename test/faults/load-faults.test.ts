import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bombModel, doubleModel, hogModel, type TestModel } from '../harness/onnx.js';
import { FaultStack, soon, vector } from './fault-stack.js';
import { type Outcome, tally } from './outcome.js';

const settings = `
[defaults]
instances = 1
threads = 1
[models.gpu]
providers = ["cuda"]
[models.fallback]
providers = ["cuda", "cpu"]
ifProviderMissing = "cpu"
`;
const runnerMemoryMib = 400;

let origin: FaultStack;
beforeAll(async () => {
  origin = await FaultStack.start({
    settings,
    originEnv: { ORIGIN_RUNNER_MEMORY_MIB: String(runnerMemoryMib) },
  });
  await origin.release('hog', hogModel());
});
afterAll(() => origin.dispose());

const well = { ready: true, grpc: 'SERVING', modelReady: true, index: 'READY', runners: { ready: 1 } };
const elements = (count: number): Promise<Outcome> =>
  origin.infer('hog', { inputs: [{ name: 'elements', datatype: 'INT64', shape: [1], data: [count] }] });
const double = (model: string): Promise<Outcome> => origin.infer(model, { inputs: vector(1, 2, 3, 4) });

/** Releases what cannot be loaded: there is nothing to wait for but its failure. */
async function releaseBroken(name: string, model: TestModel): Promise<string> {
  const digest = await origin.publish(name, model);
  await origin.stack.admin.promote(name, 'v1', { why: 'test', bakeMs: 0 });
  await expect.poll(() => origin.rows('runner-start-failed').some((row) => row['digest'] === digest), soon).toBe(true);
  return digest;
}

describe('a runner that takes more memory than it may', () => {
  it('is killed in its run, refuses that request alone, and is there again for the next', async () => {
    expect((await elements(1_000)).ok).toBe(true);
    const greedy = await elements(8 * 2 ** 28); // 8 GiB
    expect([greedy.text, greedy.retryAfter]).toEqual(['503 heap-exhausted', true]);
    await expect.poll(() => origin.truth('hog'), soon).toEqual(well);
    expect((await elements(1_000)).ok).toBe(true);
    expect(origin.rows('runner-died').every(({ why }) => String(why).includes('bytes of memory'))).toBe(true);
    expect(await origin.metric('brink_runner_ends_total', { model: 'hog', reason: 'died' })).toBe(1);
  });

  it('is killed in its warm-up by a tiny graph that nobody can run, and its model is ready no longer', async () => {
    const { bytes } = bombModel();
    expect(bytes.byteLength).toBeLessThan(250);
    const digest = await origin.publish('bomb', bombModel());
    await origin.stack.admin.promote('bomb', 'v1', { why: 'test', bakeMs: 0 });
    const ask = (): Promise<Outcome> =>
      origin.infer('bomb', { inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] });
    const refused: Outcome[] = [];
    await expect
      .poll(async () => {
        refused.push(await ask());
        return origin.truth('bomb');
      }, soon)
      .toEqual({
        ready: true,
        grpc: 'SERVING',
        modelReady: false,
        index: 'UNAVAILABLE runner-failed: the process that runs the model ended before it answered',
        runners: { 'backing-off': 1 },
      });
    // One that was waited for with the runner up hears what it died of.
    expect(refused.filter(({ text }) => !/^503 (runner-failed|heap-exhausted)$/.test(text))).toEqual([]);
    expect(refused.every(({ retryAfter }) => retryAfter)).toBe(true);
    const deaths = origin.rows('runner-died').filter((row) => row['digest'] === digest);
    expect(deaths.length).toBeGreaterThan(0);
    expect(deaths.every(({ why }) => String(why).includes('bytes of memory'))).toBe(true);
    expect((await elements(1_000)).ok).toBe(true); // the others do not notice
  });
});

describe('a version that cannot be loaded', () => {
  it('says why, when to come again, and is tried again ever more rarely; the others do not notice', async () => {
    const { signature } = doubleModel();
    const corrupt = { ...doubleModel(), bytes: new TextEncoder().encode('this is no graph of ONNX'), signature };
    await releaseBroken('corrupt', corrupt);
    const asked = [double('corrupt'), double('corrupt'), origin.inferGrpc('corrupt', { inputs: vector(1, 2, 3, 4) })];
    const outcomes = await Promise.all(asked);
    expect(tally(outcomes)).toEqual({ '503 engine-failed': 2, 'UNAVAILABLE engine-failed': 1 });
    expect(outcomes.every(({ retryAfter }) => retryAfter)).toBe(true);
    const truth = await origin.truth('corrupt');
    expect(truth).toMatchObject({ ready: true, grpc: 'SERVING', modelReady: false });
    expect(truth.runners['ready']).toBeUndefined();
    await expect.poll(async () => (await origin.truth('corrupt')).index, soon).toMatch(/^UNAVAILABLE engine-failed: /);
    expect((await elements(1_000)).ok).toBe(true);
  });

  it('says that its execution provider is missing, in its answers and in the index', async () => {
    await releaseBroken('gpu', doubleModel());
    const text = 'expected the execution provider cuda, this origin cannot use it';
    const [rest, grpc] = await Promise.all([double('gpu'), origin.inferGrpc('gpu', { inputs: vector(1, 2, 3, 4) })]);
    expect([rest.text, rest.retryAfter]).toEqual(['503 provider-missing', true]);
    expect([grpc.text, grpc.retryAfter]).toEqual(['UNAVAILABLE provider-missing', true]);
    await expect
      .poll(() => origin.truth('gpu'), soon)
      .toEqual({
        ready: true,
        grpc: 'SERVING',
        modelReady: false,
        index: `UNAVAILABLE provider-missing: ${text}`,
        runners: { 'backing-off': 1 },
      });
    expect(await origin.metric('brink_runner_ends_total', { model: 'gpu', reason: 'start-failed' })).toBeGreaterThan(0);
  });

  it('runs on the CPU where the settings let it, and the log says so', async () => {
    await origin.release('fallback', doubleModel());
    expect((await double('fallback')).values).toEqual([2, 4, 6, 8]);
    expect(await origin.truth('fallback')).toMatchObject({ ...well, runners: { ready: 1 } });
    expect(origin.rows('provider-note').map(({ note }) => note)).toContain('cuda cannot be used here: runs on cpu');
    expect(origin.rows('providers')).toHaveLength(1);
  });
});

it('leaves the processes of what can run, and no directory of what could not', async () => {
  await expect.poll(async () => (await origin.runnerPids()).length, soon).toBeLessThanOrEqual(3); // one may be tried again
  await expect.poll(async () => (await origin.scratchDirs()).length - (await origin.runnerPids()).length, soon).toBe(0); // prettier-ignore
});
