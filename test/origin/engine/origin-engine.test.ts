import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { doubleModel, echoModel, externalDoubleModel, hogModel, reshapeModel, slowModel } from '../../harness/onnx.js';
import { sampleTensors } from '../../harness/tensors.js';
import {
  bits,
  bundleOrigin,
  type Bundles,
  fp32,
  int64,
  request,
  startTestOrigin,
  type TestOrigin,
  type TestOriginOptions,
  within,
} from '../harness.js';

let bundles: Bundles;
let origin: TestOrigin;
beforeAll(async () => (bundles = await bundleOrigin()));
afterAll(() => bundles.remove());
afterEach(() => origin.close());

const start = async (parts: TestOriginOptions = {}): Promise<TestOrigin> =>
  (origin = await startTestOrigin(bundles, { ...parts, pool: { workers: 1 } }));

const plentyMs = 60_000;
/** About half a minute on one core: longer than anything here waits. */
const endless = int64('steps', 300_000);
/** A deadline that passes while the run is under way: it starts in microseconds when the version is ready. */
const soonMs = 300;

describe('infer', () => {
  it('hands back every datatype to the bit', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: echoModel() });
    const inputs = sampleTensors();
    const outputs = await engine.infer(target, request(...inputs), within(plentyMs));
    expect(outputs.map((output) => [output.name, output.shape, bits(output)])).toEqual(
      inputs.map((input) => [input.name.replace('in_', 'out_'), input.shape, bits(input)]),
    );
  });

  it('runs a version whose weights are external data', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: externalDoubleModel('weights.bin', 3) });
    const [y] = await engine.infer(target, request(fp32('x', [1, 4], [1, 2, 3, 4])), within(plentyMs));
    expect([...(y!.data as Float32Array)]).toEqual([3, 6, 9, 12]);
  });

  it('answers eight at once, each with its own answer', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: doubleModel() });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        engine.infer(target, request(fp32('x', [1, 4], [index, 0, 0, 1])), within(plentyMs)),
      ),
    );
    expect(answers.map(([y]) => (y!.data as Float32Array)[0])).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
    expect(origin.pids()).toHaveLength(1);
  });

  it('moves tensors of megabytes', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: doubleModel() });
    const values = Float32Array.from({ length: 1_000_000 }, (_, index) => index);
    const x = { ...fp32('x', [250_000, 4], []), data: values };
    const [y] = await engine.infer(target, request(x), within(plentyMs));
    expect((y!.data as Float32Array).every((value, index) => value === index * 2)).toBe(true);
  });

  it('tells the caller’s fault from its own, and goes on', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: reshapeModel() });
    const bad = engine.infer(target, request(fp32('x', [7], [1, 2, 3, 4, 5, 6, 7])), within(plentyMs));
    await expect(bad).rejects.toMatchObject({ code: 'model-rejected-input', status: 400 });
    expect(await engine.infer(target, request(fp32('x', [4], [1, 2, 3, 4])), within(plentyMs))).toHaveLength(1);
    expect(origin.pids()).toHaveLength(1);
    expect(origin.events.filter(({ event }) => event === 'runner-output')).toEqual([]);
  });

  it('running out of memory is a 503 that other requests survive', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: hogModel() });
    const hog = engine.infer(target, request(int64('elements', 4e12)), within(plentyMs));
    await expect(hog).rejects.toMatchObject({ code: 'heap-exhausted', status: 503 });
    expect(await engine.infer(target, request(int64('elements', 10)), within(plentyMs))).toHaveLength(1);
  });

  it('is refused for a version that takes predict only', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: doubleModel() }, { inferGraph: null });
    const refused = engine.infer(target, request(), within(plentyMs));
    await expect(refused).rejects.toMatchObject({ code: 'no-tensor-signature' });
  });

  it('of a file that is no model fails as the engine’s, and residency says so', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: { ...doubleModel(), bytes: new Uint8Array(64).fill(7) } });
    const failed = engine.infer(target, request(fp32('x', [1, 4], [1, 2, 3, 4])), within(plentyMs));
    await expect(failed).rejects.toMatchObject({ code: 'engine-failed', status: 503 });
    expect(engine.residency(target.digest)).toBe('failed');
  });
});

describe('a runner', () => {
  it('goes on after somebody cleared the cache directory under it', async () => {
    const { engine, source, cacheDir, scratchDir } = await start();
    const target = await source.publish({ main: doubleModel() });
    const infer = () => engine.infer(target, request(fp32('x', [1, 4], [1, 2, 3, 4])), within(plentyMs));
    await infer();
    await rm(cacheDir, { recursive: true });
    await rm(scratchDir, { recursive: true });
    process.kill(origin.pids()[0]!, 'SIGKILL');
    await origin.logged('runner-died');
    await infer().catch(() => undefined); // finds out that the files are gone
    const [y] = await infer();
    expect([...(y!.data as Float32Array)]).toEqual([2, 4, 6, 8]);
  });

  it('that is killed in the middle of a run is replaced and the run answered', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: slowModel() });
    await engine.prefetch(target, within(plentyMs));
    const answer = engine.infer(target, request(int64('steps', 2_000)), within(plentyMs));
    process.kill(origin.pids()[0]!, 'SIGKILL');
    const [mean] = await answer;
    expect([...(mean!.data as Float32Array)]).toEqual([0]);
    expect(origin.pids()).toHaveLength(2);
  });

  it('that dies twice under the same run gives 503 runner-failed, and others are answered', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: slowModel() });
    await engine.prefetch(target, within(plentyMs));
    const doomed = engine.infer(target, request(endless), within(plentyMs));
    const bystander = engine.infer(target, request(int64('steps', 1)), within(plentyMs));
    process.kill(origin.pids()[0]!, 'SIGKILL');
    await origin.logged('runner-ready', 2);
    process.kill(origin.pids()[1]!, 'SIGKILL');
    await expect(doomed).rejects.toMatchObject({ code: 'runner-failed', status: 503, retryAfterMs: 1_000 });
    expect(await bystander).toHaveLength(1);
  });

  it('that hangs is killed after the deadline and replaced, and the next request is answered', async () => {
    const { engine, source } = await start({ limits: { overrunMsMax: 10 } });
    const target = await source.publish({ main: slowModel() });
    await engine.prefetch(target, within(plentyMs));
    const hung = engine.infer(target, request(endless), within(soonMs));
    await expect(hung).rejects.toMatchObject({ code: 'deadline-exceeded', status: 504 });
    expect(await engine.infer(target, request(int64('steps', 1)), within(plentyMs))).toHaveLength(1);
    expect(origin.pids()).toHaveLength(2);
    expect(isAlive(origin.pids()[0]!)).toBe(false);
  });

  it('that ends soon after the deadline is kept: killing it would cost the others a load', async () => {
    const { engine, source } = await start({ limits: { overrunMsMax: plentyMs } });
    const target = await source.publish({ main: slowModel() });
    await engine.prefetch(target, within(plentyMs));
    const late = engine.infer(target, request(int64('steps', 6_000)), within(50));
    await expect(late).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(await engine.infer(target, request(int64('steps', 1)), within(plentyMs))).toHaveLength(1);
    expect(origin.pids()).toHaveLength(1);
  });

  it('leaves no process and no file behind when the engine is closed in the middle of a run', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: slowModel() });
    await engine.prefetch(target, within(plentyMs));
    const cut = engine.infer(target, request(endless), within(plentyMs));
    const waiting = engine.infer(target, request(endless), within(plentyMs));
    await Promise.all([
      expect(cut).rejects.toMatchObject({ code: 'shutting-down' }),
      expect(waiting).rejects.toMatchObject({ code: 'shutting-down' }),
      engine.close(),
    ]);
    expect(isAlive(origin.pids()[0]!)).toBe(false);
    expect(readdirSync(origin.scratchDir)).toEqual([]);
    await expect(engine.prefetch(target, within(plentyMs))).rejects.toMatchObject({ code: 'shutting-down' });
  });

  it('writes no telemetry and prints nothing', async () => {
    const traces = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('mat-debug'));
    const before = traces();
    const { engine, source } = await start();
    const target = await source.publish({ main: doubleModel() });
    await engine.infer(target, request(fp32('x', [1, 4], [1, 2, 3, 4])), within(plentyMs));
    const [own] = readdirSync(origin.scratchDir);
    expect(readdirSync(`${origin.scratchDir}/${own!}`)).toEqual([]);
    expect(traces().filter((name) => !before.includes(name) && name.includes(String(origin.pids()[0])))).toEqual([]);
    expect(origin.events.filter(({ event }) => event === 'runner-output')).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')(
    'knows nothing of the server’s environment (read from /proc: Linux)',
    async () => {
      process.env['ARTIFACT_TOKEN'] = 'hush-hush';
      try {
        const { engine, source } = await start();
        const target = await source.publish({ main: doubleModel() });
        await engine.prefetch(target, within(plentyMs));
        const environment = readFileSync(`/proc/${origin.pids()[0]!}/environ`, 'utf8').split('\0').filter(Boolean);
        expect(environment.map((pair) => pair.split('=')[0]).sort()).toEqual([
          'HOME',
          'ORT_DISABLE_TELEMETRY',
          'TMPDIR',
        ]);
        expect(environment.join()).not.toContain('hush-hush');
      } finally {
        delete process.env['ARTIFACT_TOKEN'];
      }
    },
  );
});

describe('the queue of a version', () => {
  it('is bounded, and says so with both numbers', async () => {
    const { engine, source } = await start({ settings: { queueItemsMax: 2 } });
    const target = await source.publish({ main: slowModel() });
    await engine.prefetch(target, within(plentyMs));
    const ask = (): Promise<unknown> => engine.infer(target, request(int64('steps', 200)), within(plentyMs));
    const taken = [ask(), ask(), ask()]; // one runs, two wait
    await expect(ask()).rejects.toMatchObject({
      code: 'queue-full',
      message: expect.stringMatching(/at most 2 .* got 3/) as string,
      retryAfterMs: expect.any(Number) as number,
    });
    await Promise.all(taken);
  });

  it('lets go of a request whose deadline passes, without running it', async () => {
    const { engine, source } = await start({ settings: { queueItemsMax: 1 }, limits: { overrunMsMax: plentyMs } });
    const target = await source.publish({ main: slowModel() });
    await engine.prefetch(target, within(plentyMs));
    const running = engine.infer(target, request(int64('steps', 8_000)), within(plentyMs));
    const late = engine.infer(target, request(endless), within(20));
    await expect(late).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: expect.stringContaining('waiting for the model') as string,
    });
    // Its place is free again; had it run, this would wait for half a minute.
    const next = engine.infer(target, request(int64('steps', 1)), within(plentyMs));
    expect(await Promise.race([running.then(() => 'running'), next.then(() => 'next')])).toBe('running');
    expect(await next).toHaveLength(1);
  });

  it('takes nothing whose deadline has passed already', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: doubleModel() });
    await expect(engine.infer(target, request(), within(0))).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });
});

describe('versions', () => {
  it('go from absent over loading to ready, and to absent when they are retired', async () => {
    const { engine, source } = await start();
    const target = await source.publish({ main: doubleModel() });
    expect(engine.residency(target.digest)).toBe('absent');
    const ready = engine.prefetch(target, within(plentyMs));
    expect(engine.residency(target.digest)).toBe('loading');
    await ready;
    expect(engine.residency(target.digest)).toBe('ready');
    await engine.retire(new Set());
    expect(engine.residency(target.digest)).toBe('absent');
    expect(isAlive(origin.pids()[0]!)).toBe(false);
  });

  it('that are retired answer what waits before their runner ends; those that are kept stay', async () => {
    const { engine, source } = await start();
    const leaving = await source.publish({ main: slowModel() });
    const staying = await source.publish({ main: doubleModel() });
    await Promise.all([engine.prefetch(leaving, within(plentyMs)), engine.prefetch(staying, within(plentyMs))]);
    const answers = [1, 2, 3].map(() => engine.infer(leaving, request(int64('steps', 500)), within(plentyMs)));
    await engine.retire(new Set([staying.digest]));
    expect(await Promise.all(answers)).toHaveLength(3);
    expect(engine.residency(staying.digest)).toBe('ready');
  });

  it('over the limit of runners push out the one that was used least recently', async () => {
    const { engine, source } = await start({ limits: { runnersMax: 2 } });
    const targets = await Promise.all([2, 3, 4].map((factor) => source.publish({ main: doubleModel(factor) })));
    for (const target of targets) await engine.prefetch(target, within(plentyMs));
    expect(targets.map(({ digest }) => engine.residency(digest))).toEqual(['absent', 'ready', 'ready']);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
