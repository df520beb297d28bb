import { describe, expect, it } from 'vitest';
import { publishedCosts } from '../../../../origin/engine/batch/published-costs.js';
import { BatchBook } from '../../../../origin/engine/pool/batch-book.js';
import { measured } from '../../../harness/measured.js';
import { doubleModel } from '../../../harness/onnx.js';
import { makeVersion } from '../../../harness/versions.js';

const { target } = await makeVersion({ main: doubleModel() });
const { digest, manifest } = target;
const costs = (text: string | undefined): ReturnType<typeof publishedCosts> =>
  publishedCosts({ measurements: () => Promise.resolve(text) }, digest, manifest.graphs);

function newBook(): BatchBook {
  const { inferGraph, batching, graphs } = manifest;
  const signatures = Object.fromEntries(Object.entries(graphs).map(([name, { signature }]) => [name, signature]));
  return new BatchBook({ signatures, inferGraph, batching, onCpu: true, maxBatch: 32 });
}
const tensor = (columns: number) => ({
  name: 'x',
  datatype: 'FP32' as const,
  shape: [1, columns],
  data: new Float32Array(columns),
});

describe('the costs that were measured at publishing', () => {
  it('are where the batcher starts, for the shapes that were measured, until it has measured its own', async () => {
    const book = newBook();
    const { bucket } = book.place('main', [tensor(4)]);
    const cost = book.costOf(bucket); // asked for before the figures have come
    expect(cost.estimateMs(8)).toBeUndefined();
    book.startFrom(await costs(JSON.stringify(measured(digest))));
    expect([cost.estimateMs(1), cost.estimateMs(8)]).toEqual([5, 12]); // 1 × n + 4
    expect(book.costOf(book.place('main', [tensor(5)]).bucket).estimateMs(8)).toBeUndefined();

    cost.observe(1, 10); // this machine takes twice as long
    expect([cost.estimateMs(1), cost.estimateMs(8)]).toEqual([10, 24]);
    cost.observe(4, 10);
    expect([cost.estimateMs(4), cost.estimateMs(8)]).toEqual([10, 10]); // its own line, flat
  });

  it.each([
    ['nothing was measured', undefined],
    ['it is no JSON', '{'],
    ['it is something else', '{"schema":1}'],
    ['it is of another version', JSON.stringify(measured('b'.repeat(64)))],
    ['the origin was not measured', JSON.stringify(measured(digest, { origin: null }))],
  ])('are none where %s', async (_, text) => {
    expect((await costs(text)).size).toBe(0);
  });

  it('are none where they cannot be read, where there is no source, or where the line cannot be true', async () => {
    const failing = { measurements: () => Promise.reject(new Error('no')) };
    expect((await publishedCosts(failing, digest, manifest.graphs)).size).toBe(0);
    expect((await publishedCosts({}, digest, manifest.graphs)).size).toBe(0);
    const { main } = measured(digest).origin ?? {};
    const falling = measured(digest, { origin: { main: { ...main!, profile: { aMs: -1, bMs: 4 } } } });
    expect((await costs(JSON.stringify(falling))).size).toBe(0);
  });
});
