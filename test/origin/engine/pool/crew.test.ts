import { describe, expect, it } from 'vitest';
import { poolHarness, settle } from './scripted-runner.js';

const mebibyte = 2 ** 20;

describe('the runners of a version', () => {
  it('are one at first; another starts when something waits and none is free, up to one for each core', async () => {
    const { run, up, starts, runners } = poolHarness({ settings: { instances: 'auto' }, cores: 2 });
    expect(starts).toHaveLength(1);
    await up();
    const first = run();
    expect(starts).toHaveLength(1);
    const others = [run(), run(), run()];
    expect(starts).toHaveLength(2);
    await up();
    expect(runners.map(({ runs }) => runs.length)).toEqual([1, 1]);
    expect(starts).toHaveLength(2);
    expect([first, ...others]).toHaveLength(4);
  });

  it('that were started for a backlog end some time after it', async () => {
    const { run, up, pool, runners, time } = poolHarness({ settings: { instances: 'auto' }, cores: 2 });
    await up();
    const answers = [run(), run({ graph: 'other' })];
    await up();
    for (const runner of runners) runner.runs[0]!.succeed();
    await Promise.all(answers);
    time.advance(59_000);
    pool.tend();
    await settle();
    expect(runners.map(({ killed }) => killed)).toEqual([false, false]);
    time.advance(2_000);
    pool.tend();
    expect(runners.filter(({ killed }) => killed)).toHaveLength(1);
    expect(pool.residency).toBe('ready');
  });

  it('are all started at once when their number is given', () => {
    expect(poolHarness({ settings: { instances: 3 } }).starts).toHaveLength(3);
  });

  it('are replaced between batches when their memory grows, by one that is ready before they go', async () => {
    const { run, up, starts, runners, events } = poolHarness({ settings: { runnerGrowthBytesMax: 100 * mebibyte } });
    const old = await up();
    for (let rss = 200; rss <= 200 + 32; rss++) {
      const answer = run();
      old.runs.at(-1)!.succeed({ rssBytes: 200 * mebibyte });
      await answer;
    }
    expect(starts).toHaveLength(1);
    const growing = run();
    old.runs.at(-1)!.succeed({ rssBytes: 301 * mebibyte });
    await growing;
    await settle();
    expect(starts).toHaveLength(2);
    const meanwhile = run();
    old.runs.at(-1)!.succeed({ rssBytes: 301 * mebibyte });
    await meanwhile;
    expect(old.killed).toBe(false);
    const fresh = await up();
    expect(old.killed).toBe(true);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'runner-ended', reason: 'grown' }));
    const next = run();
    fresh.runs.at(-1)!.succeed();
    await next;
    expect([starts.length, runners.length]).toEqual([2, 2]);
  });

  it('get all cores as threads once their runs are found to be long, without a moment in which nobody answers', async () => {
    const { run, up, starts, pool } = poolHarness({ settings: { instances: 'auto', threads: 'auto' }, cores: 4 });
    expect(starts[0]!.plan).toMatchObject({ instances: 4, threads: 1, spinning: false });
    const single = await up();
    const long = run();
    single.runs[0]!.succeed({ inferMs: 80, cpuMs: 80 });
    await long;
    await settle();
    expect(starts).toHaveLength(2);
    expect(starts[1]!.plan).toMatchObject({ instances: 1, threads: 4, spinning: true });
    expect([pool.residency, single.killed]).toEqual(['ready', false]);
    const threaded = await up();
    expect(single.killed).toBe(true);
    const next = run();
    expect(threaded.runs).toHaveLength(1);
    threaded.runs[0]!.succeed({ inferMs: 20, cpuMs: 80 });
    await next;
    await settle();
    expect(starts).toHaveLength(2); // decided once
  });
});
