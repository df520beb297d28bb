import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { centringModel, doubleModel, workModel, workTableSize } from '../harness/onnx.js';
import { FaultStack, soon, vector, work } from './fault-stack.js';
import { learnBatches } from './learn-batches.js';
import { type Outcome, tally } from './outcome.js';

const settings = `
[defaults]
instances = 1
threads = 1
[models.cached]
responseCacheBytesMax = 1048576
`;
let origin: FaultStack;
beforeAll(async () => {
  origin = await FaultStack.start({ settings });
});
afterAll(() => origin.dispose());

interface Counted {
  readonly inferences: number;
  readonly executions: number;
}

async function statistics(model: string): Promise<Counted & { readonly hits: number; readonly misses: number }> {
  const { json } = await origin.operate(`/v2/models/${model}/versions/v1/stats`);
  const [counted] = (json as { model_stats: Record<string, unknown>[] }).model_stats;
  const caching = counted?.['inference_stats'] as { cache_hit: { count: number }; cache_miss: { count: number } };
  return {
    inferences: counted?.['inference_count'] as number,
    executions: counted?.['execution_count'] as number,
    hits: caching.cache_hit.count,
    misses: caching.cache_miss.count,
  };
}

const callers = 64;
const each = <T>(make: (index: number) => T): T[] => Array.from({ length: callers }, (_, index) => make(index));

describe('64 callers at once', () => {
  it('of a model whose rows share the work share its runs, and get each their own answer', async () => {
    await origin.release('work', workModel());
    await learnBatches(origin, 'work');
    const before = await statistics('work');
    const held = origin.infer('work', { inputs: work(5_000, 0) });
    await origin.waitFor('work', 0, 1);
    const asked = each((index) =>
      index % 2 === 0 ? origin.infer('work', { inputs: work(50, index) }) : origin.inferGrpc('work', { inputs: work(50, index) }),
    ); // prettier-ignore
    const outcomes = await Promise.all(asked);
    await held;
    expect(tally(outcomes)).toEqual({ ok: callers });
    expect(outcomes.map(({ values }) => values)).toEqual(each((index) => [2 * index]));
    const after = await statistics('work');
    expect(after.inferences - before.inferences).toBe(callers + 1);
    expect(after.executions - before.executions).toBeLessThan(callers / 2);
    expect(after.executions - before.executions).toBeGreaterThan(1);
  });

  it('of a model that mixes its rows are never put together, whatever its signature looks like', async () => {
    await origin.release('centring', centringModel());
    const outcomes = await Promise.all(each((index) => origin.infer('centring', { inputs: vector(index, 1, 2, 3) })));
    expect(tally(outcomes)).toEqual({ ok: callers });
    // a row alone is its own mean
    expect(outcomes.map(({ values }) => values)).toEqual(each(() => [0, 0, 0, 0]));
    const { inferences, executions } = await statistics('centring');
    expect([inferences, executions]).toEqual([callers, callers]);
    const info = (await origin.metrics())
      .all('brink_version_info')
      .find(({ labels }) => labels['model'] === 'centring');
    expect(info?.labels['batch_axis']).toBe('not-a-batch');
  });

  it('are answered but for the one whose item cannot be run', async () => {
    const poisoned = 20;
    const held = origin.infer('work', { inputs: work(5_000, 0) });
    await origin.waitFor('work', 0, 1);
    const asked = each((index) =>
      origin.infer('work', { inputs: work(50, index === poisoned ? workTableSize : index) }),
    );
    const outcomes = await Promise.all(asked);
    expect((await held).ok).toBe(true);
    expect(tally(outcomes)).toEqual({ ok: callers - 1, '400 model-rejected-input': 1 });
    expect(outcomes[poisoned]?.text).toBe('400 model-rejected-input');
    const answers = outcomes.map(({ values }) => values);
    expect(answers).toEqual(each((index) => (index === poisoned ? [] : [2 * index])));
    expect(await origin.metric('brink_runner_ends_total', { model: 'work' })).toBe(0);
  });
});

describe('the response cache', () => {
  const ask = (): Promise<Outcome> => origin.infer('cached', { inputs: vector(1, 2, 3, 4) });

  it('answers what was answered before, and counts it', async () => {
    await origin.release('cached', doubleModel(2));
    const outcomes = [await ask(), await ask(), await origin.inferGrpc('cached', { inputs: vector(1, 2, 3, 4) })];
    expect(outcomes.map(({ values }) => values)).toEqual([[2, 4, 6, 8], [2, 4, 6, 8], [2, 4, 6, 8]]); // prettier-ignore
    expect(await statistics('cached')).toEqual({ inferences: 1, executions: 1, hits: 2, misses: 1 });
    expect(await origin.metric('brink_cache_requests_total', { model: 'cached', result: 'hit' })).toBe(2);
    expect(await origin.metric('brink_cache_requests_total', { model: 'cached', result: 'miss' })).toBe(1);
    expect(await origin.metric('brink_cache_entries', { model: 'cached' })).toBe(1);
  });

  it('answers nothing of a version that was withdrawn', async () => {
    const first = (await ask()).digest;
    const second = await origin.publish('cached', doubleModel(3), 'v2');
    await origin.stack.admin.promote('cached', 'v2', { why: 'test' });
    await expect.poll(async () => (await ask()).digest, soon).toBe(second);
    expect((await ask()).values).toEqual([3, 6, 9, 12]); // of the cache
    expect(await origin.metric('brink_cache_requests_total', { model: 'cached', version: 'v2', result: 'hit' })).toBeGreaterThan(0); // prettier-ignore
    await origin.stack.admin.rollback('cached', { why: 'test' });
    const outcomes = await Promise.all(Array.from({ length: 50 }, ask));
    expect(tally(outcomes)).toEqual({ ok: 50 });
    for (const { digest, values } of outcomes) expect([digest, values]).toEqual([first, [2, 4, 6, 8]]);
    const named = await origin.infer('cached/versions/v2', { inputs: vector(1, 2, 3, 4) });
    expect(named.text).toBe('404 version-fenced');
    await expect.poll(() => origin.metric('brink_cache_entries', { model: 'cached', version: 'v2' }), soon).toBe(0);
  });
});
