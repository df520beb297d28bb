import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { doubleModel, makeModel, node, spec } from '../../harness/onnx.js';
import {
  bundleOrigin,
  type Bundles,
  fp32,
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

const plentyMs = 60_000;
const start = async (options: TestOriginOptions): Promise<TestOrigin> =>
  (origin = await startTestOrigin(bundles, { pool: { workers: 1 }, ...options }));

describe('many models on one origin', () => {
  it('over the memory budget leave it when nobody uses them, and come back when they are asked for', async () => {
    const { engine, source } = await start({ limits: { memoryBytesMax: 1 } });
    const targets = await Promise.all([2, 3].map((factor) => source.publish({ main: doubleModel(factor) })));
    const infer = async (index: number): Promise<number[]> => {
      const x = request(fp32('x', [1, 4], [1, 2, 3, 4]));
      const [y] = await engine.infer(targets[index]!, x, within(plentyMs));
      return [...(y!.data as Float32Array)];
    };
    expect(await infer(0)).toEqual([2, 4, 6, 8]);
    expect(await infer(1)).toEqual([3, 6, 9, 12]);
    await origin.logged('runner-evicted');
    expect(targets.map(({ digest }) => engine.residency(digest))).toEqual(['absent', 'ready']);
    expect(await infer(0)).toEqual([2, 4, 6, 8]);
  });

  it('of different widths share a batch where the version says how to pad, and each gets its own width back', async () => {
    const { engine, source } = await start({});
    // y = x + x, row by row: [-1, -1] → [-1, -1]
    const signature = { inputs: [spec('x', 'FP32', [-1, -1])], outputs: [spec('y', 'FP32', [-1, -1])] };
    const model = makeModel(signature, [node('Add', ['x', 'x'], ['y'])]);
    const padding = [{ input: 'x', axis: 1, multipleOf: 8, value: 0, outputs: { y: { axis: 1, scale: 1 } } }];
    const target = await source.publish({ main: model }, { batching: { maxBatch: 8, padding } });
    await engine.prefetch(target, within(plentyMs));
    const ask = async (width: number, from: number): Promise<{ shape: readonly number[]; data: number[] }> => {
      const values = Array.from({ length: width }, (_, at) => from + at);
      const [y] = await engine.infer(target, request(fp32('x', [1, width], values)), within(plentyMs));
      return { shape: y!.shape, data: [...(y!.data as Float32Array)] };
    };
    for (let round = 0; round < 20; round++) {
      const widths = [5, 8, 3, 11, 7, 1];
      const answers = await Promise.all(widths.map((width, index) => ask(width, 100 * index + round)));
      expect(answers).toEqual(
        widths.map((width, index) => ({
          shape: [1, width],
          data: Array.from({ length: width }, (_, at) => 2 * (100 * index + round + at)),
        })),
      );
    }
    expect(engine.snapshot()[0]).toMatchObject({ batchAxis: 'independent' });
  });
});
