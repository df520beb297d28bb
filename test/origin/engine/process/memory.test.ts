import { createRequire } from 'node:module';
import type * as OnnxProto from 'onnx-proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryWatch, residentBytes } from '../../../../origin/engine/process/memory-watch.js';
import { RunnerDied } from '../../../../origin/engine/process/runner-died.js';
import { RssGauge } from '../../../../origin/runner/rss-gauge.js';
import { doubleModel, hogModel } from '../../../harness/onnx.js';
import { ManualTime } from '../../harness.js';
import { fp32, int64 } from '../../tensors.js';
import { end, openWorkshop, runWhole, sessionOptions, type Workshop } from './workshop.js';

const { onnx } = createRequire(import.meta.url)('onnx-proto') as typeof OnnxProto;

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.close());

/** A few bytes that onnxruntime, folding constants while it loads them, makes `elements` floats of. */
function bomb(elements: number): Uint8Array {
  const floats = (...dim: OnnxProto.onnx.TensorShapeProto.IDimension[]) => ({
    tensorType: { elemType: 1, shape: { dim } },
  });
  const graph = {
    name: 'g',
    node: [{ opType: 'ConstantOfShape', input: ['s'], output: ['y'] }],
    input: [{ name: 'x', type: floats() }],
    output: [{ name: 'y', type: floats({ dimParam: 'n' }) }],
    initializer: [{ name: 's', dims: [1], dataType: 7, int64Data: [elements] }],
  };
  const opsetImport = [{ version: 15 }];
  return new Uint8Array(onnx.ModelProto.encode(onnx.ModelProto.create({ irVersion: 8, opsetImport, graph })).finish());
}

const mebibyte = 2 ** 20;
const gigabyteOfFloats = 2.5e8;
const memoryBytesMax = 400 * mebibyte;
const linux = process.platform === 'linux';
const why = linux ? '' : ' (skipped: memory is read from /proc, which only Linux has)';

describe(`a runner that takes too much memory${why}`, () => {
  it.skipIf(!linux)('dies of a graph of not even 88 bytes that becomes a gigabyte, and says so', async () => {
    const bytes = bomb(gigabyteOfFloats);
    expect(bytes.byteLength).toBeLessThanOrEqual(88);
    const runner = await shop.spawn({ memoryBytesMax });
    const loaded = runner.load({ main: await shop.file('bomb.onnx', bytes) }, sessionOptions);
    await expect(loaded).rejects.toBeInstanceOf(RunnerDied);
    await expect(loaded).rejects.toMatchObject({ kind: 'memory' });
    expect(await runner.ended).toMatch(new RegExp(`expected at most ${memoryBytesMax} bytes of memory, took \\d{9,}$`));
  });

  it.skipIf(!linux)('dies in the run that takes it', async () => {
    const runner = await shop.loaded({ hog: hogModel() }, { memoryBytesMax });
    const { outputs } = await runWhole(runner, 'hog', int64('elements', 1000));
    expect(outputs[0]?.data[0]).toBe(0);
    const run = runWhole(runner, 'hog', int64('elements', gigabyteOfFloats));
    await expect(run).rejects.toMatchObject({ kind: 'memory' });
    await runner.ended;
  });

  it('refuses what no machine has, and goes on', async () => {
    const runner = await shop.loaded({ hog: hogModel() });
    try {
      const run = runWhole(runner, 'hog', int64('elements', 2 ** 48));
      await expect(run).rejects.toMatchObject({ code: 'heap-exhausted' });
      expect((await runWhole(runner, 'hog', int64('elements', 3))).outputs).toHaveLength(1);
    } finally {
      await end(runner);
    }
  });

  it.skipIf(!linux)('is not one that takes less than its limit', async () => {
    const runner = await shop.loaded({ double: doubleModel() }, { memoryBytesMax });
    try {
      const { rssBytes } = await runWhole(runner, 'double', fp32('x', [1, 4], [1, 2, 3, 4]));
      expect(rssBytes).toBeGreaterThan(20 * mebibyte);
      expect(rssBytes).toBeLessThan(memoryBytesMax);
      expect(await residentBytes(runner.pid)).toBeGreaterThan(20 * mebibyte);
    } finally {
      await end(runner);
    }
    expect(await residentBytes(runner.pid)).toBeUndefined();
  });
});

/** Lets every promise that is settled be heard. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a watch on memory', () => {
  function watchOf(readings: (number | undefined)[]) {
    const time = new ManualTime();
    const over: number[] = [];
    let looks = 0;
    const watch = new MemoryWatch({
      bytesMax: 100,
      schedule: time.schedule,
      read: () => Promise.resolve(readings[looks++]),
      onOver: (bytes) => over.push(bytes),
    });
    const advance = async (): Promise<void> => {
      time.advance(250);
      await settle();
    };
    return { watch, over, advance, looks: () => looks };
  }

  it('looks every 250 ms until there is more than the limit, and tells it once', async () => {
    const { watch, over, advance, looks } = watchOf([99, 100, 101, 200]);
    watch.start();
    watch.start(); // a second question while the first is open changes nothing
    for (let count = 0; count < 5; count++) await advance();
    expect([over, looks()]).toEqual([[101], 3]);
  });

  it('does not look while there is nothing to do', async () => {
    const { watch, over, advance, looks } = watchOf([1, 101, 101]);
    watch.start();
    await advance();
    watch.stop();
    await advance();
    expect(looks()).toBe(1);
    watch.start();
    await advance();
    expect([over, looks()]).toEqual([[101], 2]);
  });

  it('does not tell of what it learns after it was stopped', async () => {
    const { watch, over, advance } = watchOf([101]);
    watch.start();
    const looked = advance();
    watch.stop();
    await looked;
    expect(over).toEqual([]);
  });

  it('ends where memory cannot be read', async () => {
    const { watch, over, advance, looks } = watchOf([undefined, 101]);
    watch.start();
    await advance();
    await advance();
    expect([over, looks()]).toEqual([[], 1]);
  });
});

describe('the gauge in a runner', () => {
  it('reads memory at most every 100 ms', () => {
    let now = 0;
    let reads = 0;
    const gauge = new RssGauge(
      () => now,
      () => ++reads,
    );
    expect([0, 99, 100, 199, 200].map((at) => ((now = at), gauge.rssBytes()))).toEqual([1, 1, 2, 2, 3]);
  });
});
