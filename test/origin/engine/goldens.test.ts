import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RunnerProcess } from '../../../origin/engine/process/runner-process.js';
import type { Target } from '../../../shared/engine/engine.js';
import type { Golden } from '../../../shared/golden/golden.js';
import { goldenBytesMax } from '../../../shared/golden/golden-head.js';
import type { Tolerance } from '../../../shared/golden/tolerance.js';
import { doubleModel, reshapeModel, type TestModel } from '../../harness/onnx.js';
import { withGoldens } from '../../harness/with-golden.js';
import { bundleOrigin, type Bundles, fp32, request, startTestOrigin, type TestOrigin, within } from '../harness.js';

let bundles: Bundles;
let origin: TestOrigin;
beforeAll(async () => (bundles = await bundleOrigin()));
afterAll(() => bundles.remove());
afterEach(async () => {
  vi.restoreAllMocks();
  await origin.close();
});

const start = async (): Promise<TestOrigin> => (origin = await startTestOrigin(bundles, { pool: { workers: 1 } }));

/** What `doubleModel(factor)` answers. */
const goldenOf = (factor: number): Golden => ({
  inputs: [fp32('x', [1, 4], [1, -2, 0.5, 4])],
  outputs: [fp32('y', [1, 4], [factor, -2 * factor, 0.5 * factor, 4 * factor])],
});

async function publish(
  { source }: TestOrigin,
  graphs: Record<string, TestModel>,
  goldens: readonly (Golden | Uint8Array)[],
  tolerances?: Readonly<Record<string, Tolerance>>,
): Promise<Target> {
  const { manifest } = await source.publish(graphs);
  const put = (bytes: Uint8Array) => source.put(bytes);
  return source.publish(graphs, { graphs: await withGoldens(manifest.graphs, 'main', goldens, put, tolerances) });
}

const double = async ({ engine }: TestOrigin, target: Target): Promise<unknown> => {
  const [y] = await engine.infer(target, request(fp32('x', [1, 4], [1, 2, 3, 4])), within(60_000));
  return [...(y!.data as Float32Array)];
};

describe('a version with goldens at the origin', () => {
  it('answers its first golden once in each process, before anything else', async () => {
    const runs: string[] = [];
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
    const { run } = RunnerProcess.prototype;
    vi.spyOn(RunnerProcess.prototype, 'run').mockImplementation(function (this: RunnerProcess, graph, inputs) {
      runs.push(`${graph} of ${this.pid}: ${[...((inputs[0]?.parts[0] ?? []) as Float32Array)].join(' ')}`);
      return run.call(this, graph, inputs);
    });
    const target = await publish(await start(), { main: doubleModel(3) }, [goldenOf(3), goldenOf(4)]);
    expect(await double(origin, target)).toEqual([3, 6, 9, 12]);
    const [first = 0] = origin.pids();
    process.kill(first, 'SIGKILL');
    await origin.logged('runner-ready', 2);
    const [, second = 0] = origin.pids();
    const golden = '1 -2 0.5 4';
    for (const pid of [first, second]) {
      const own = runs.filter((one) => one.startsWith(`main of ${pid}:`));
      expect(own[0]).toBe(`main of ${pid}: ${golden}`);
      expect(own.filter((one) => one.endsWith(`: ${golden}`))).toHaveLength(1);
    }
    expect(runs.filter((one) => one.startsWith(`main of ${first}:`)).at(-1)).toBe(`main of ${first}: 1 2 3 4`);
  });

  it('never answers when its weights are others than they were, and others go on', async () => {
    const { engine, events } = await start();
    const good = await publish(origin, { main: doubleModel(2) }, [goldenOf(2)]);
    const changed = await publish(origin, { main: doubleModel(2.01) }, [goldenOf(2)]); // every digest is right
    for (let call = 0; call < 3; call++) {
      await expect(double(origin, changed)).rejects.toMatchObject({
        code: 'golden-failed',
        status: 503,
        message: expect.stringMatching(/output "y" elements within .*, got 2.01 for 2 at 0 \(4 of 4/) as string,
      });
      expect(await double(origin, good)).toEqual([2, 4, 6, 8]);
    }
    await expect(engine.prefetch(changed, within(60_000))).rejects.toMatchObject({ code: 'golden-failed' });
    expect([changed, good].map(({ digest }) => engine.residency(digest))).toEqual(['failed', 'ready']);
    expect(engine.failure(changed.digest)).toMatchObject({ code: 'golden-failed' });
    await origin.logged('golden-failed');
    expect(events.filter(({ event }) => event === 'golden-failed')).toMatchObject([{ digest: changed.digest }]);
    expect(origin.pids()).toHaveLength(1); // no process of the faulty one was ever ready
  });

  it('is held to the tolerances that it declares', async () => {
    await start();
    const target = await publish(origin, { main: doubleModel(2.01) }, [goldenOf(2)], { y: { relative: 0.01 } });
    const answer = await double(origin, target);
    expect(answer).toEqual([1, 2, 3, 4].map((value) => expect.closeTo(2.01 * value, 4) as number));
  });

  it('never answers when a graph beside the one that infer runs fails its golden', async () => {
    await start();
    const target = await publish(origin, { first: doubleModel(), main: doubleModel(6) }, [goldenOf(7)]);
    await expect(double(origin, target)).rejects.toMatchObject({ code: 'golden-failed' });
  });

  it('never answers when it refuses the inputs of its golden', async () => {
    await start();
    const golden = { inputs: [fp32('x', [3], [1, 2, 3])], outputs: [fp32('y', [1, 3], [1, 2, 3])] };
    const target = await publish(origin, { main: reshapeModel() }, [golden]);
    await expect(double(origin, target)).rejects.toMatchObject({ code: 'golden-failed' });
  });

  it('is artifact-corrupt when its golden is none, or larger than goldens are', async () => {
    await start();
    const target = await publish(origin, { main: doubleModel() }, [Uint8Array.of(1, 2)]);
    await expect(double(origin, target)).rejects.toMatchObject({ code: 'artifact-corrupt' });
    const { manifest } = await publish(origin, { main: doubleModel() }, [goldenOf(2)]);
    const { main } = manifest.graphs;
    const large = { ...main!, goldens: [{ ...main!.goldens![0]!, bytes: goldenBytesMax + 1 }] };
    const other = await origin.source.publish({ main: doubleModel() }, { graphs: { main: large } });
    await expect(double(origin, other)).rejects.toMatchObject({ code: 'artifact-corrupt' });
    expect(origin.pids()).toEqual([]);
  });

  it('fetches a golden anew that was damaged on its disk', async () => {
    const { cacheDir, engine } = await start();
    const target = await publish(origin, { main: doubleModel() }, [goldenOf(2)]);
    expect(await double(origin, target)).toEqual([2, 4, 6, 8]);
    await engine.unload(target.digest);
    const sha256 = target.manifest.graphs['main']!.goldens![0]!.sha256;
    await writeFile(join(cacheDir, 'blobs', 'sha256', sha256), 'damaged');
    await expect(double(origin, target)).rejects.toMatchObject({ code: 'artifact-corrupt' });
    await engine.unload(target.digest);
    expect(await double(origin, target)).toEqual([2, 4, 6, 8]);
    expect(origin.events).toContainEqual({ event: 'corrupt', sha256, from: 'disk' });
  });
});
