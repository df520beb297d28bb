import { describe, expect, it } from 'vitest';
import { RunnerDied } from '../../../../origin/engine/process/runner-died.js';
import { BrinkError } from '../../../../shared/errors/brink-error.js';
import { Deadline } from '../../../../shared/time/deadline.js';
import type { ManualTime } from '../../harness.js';
import { poolHarness, settle } from './scripted-runner.js';

describe('a version that fails its golden', () => {
  it('is tried again as rarely as anything, and each refusal says why and when', async () => {
    const { time, starts, pool, run } = poolHarness();
    for (let fails = 1; fails <= 3; fails++) {
      starts.at(-1)!.reject(new BrinkError('golden-failed', 'wrong'));
      await settle();
      expect([starts.length, pool.residency]).toEqual([fails, 'failed']);
      await expect(run()).rejects.toMatchObject({ code: 'golden-failed', retryAfterMs: 8_000 });
      time.advance(7_999);
      expect(starts.length).toBe(fails);
      time.advance(1);
      expect(starts.length).toBe(fails + 1);
    }
  });
});

describe('a version whose runner dies', () => {
  it('starts again at once the first time, then ever later, up to a limit', async () => {
    const { time, starts, pool, up } = poolHarness();
    const waitsMs: number[] = [];
    for (let crash = 0; crash < 7; crash++) {
      (await up()).die('crash');
      await settle();
      const before = starts.length;
      const at = time.now();
      while (starts.length === before && crash > 0) time.advance(100);
      waitsMs.push(time.now() - at);
    }
    expect(waitsMs).toEqual([0, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    expect(pool.residency).toBe('loading');
  });

  it('is failed meanwhile, recovers by itself, and begins anew after a good run', async () => {
    const { time, pool, run, up, starts } = poolHarness();
    for (let crash = 0; crash < 2; crash++) {
      (await up()).die('crash');
      await settle();
    }
    expect(pool.residency).toBe('failed');
    time.advance(1_000);
    expect(pool.residency).toBe('loading');
    const runner = await up();
    expect(pool.residency).toBe('ready');
    const answer = run();
    runner.runs[0]!.succeed();
    await answer;
    runner.die('crash');
    await settle();
    expect(pool.residency).toBe('loading'); // at once again
    expect(starts).toHaveLength(4);
  });

  it('refuses requests that would wait too long, with the time to wait, and keeps those that need not', async () => {
    const { time, pool, run, up } = poolHarness();
    for (let crash = 0; crash < 3; crash++) {
      (await up()).die('crash');
      await settle();
      if (crash === 1) time.advance(1_000);
    }
    await expect(run()).rejects.toMatchObject({ code: 'runner-failed', retryAfterMs: 2_000 });
    time.advance(1_500);
    await expect(run({ budgetMs: 400 })).rejects.toMatchObject({ code: 'runner-failed', retryAfterMs: 500 });
    const kept = run();
    time.advance(500);
    const runner = await up();
    runner.runs[0]!.succeed();
    expect(await kept).toHaveLength(1);
    expect(pool.residency).toBe('ready');
  });

  it('spreads the starts of many at random', async () => {
    const { time, starts, up } = poolHarness({ random: 0 });
    for (let crash = 0; crash < 2; crash++) {
      (await up()).die('crash');
      await settle();
    }
    time.advance(499);
    expect(starts).toHaveLength(2);
    time.advance(1);
    expect(starts).toHaveLength(3);
  });

  it('tries a run once more, before those that came later, and not a third time', async () => {
    const { run, up } = poolHarness();
    const first = await up();
    const answers = [run({ graph: 'main' }), run({ graph: 'other' })];
    first.die('crash');
    await settle();
    const second = await up();
    expect(second.runs.map(({ graph }) => graph)).toEqual(['main']);
    second.die('crash');
    await expect(answers[0]).rejects.toMatchObject({ code: 'runner-failed' });
  });

  it('does not run again what nobody waits for any more', async () => {
    const { time, run, up } = poolHarness();
    const first = await up();
    const late = run({ budgetMs: 50 });
    const next = run({ graph: 'other' });
    time.advance(50);
    await expect(late).rejects.toMatchObject({ code: 'deadline-exceeded' });
    time.advance(100); // the overrun ends: the process is killed
    expect(first.killed).toBe(true);
    await settle();
    const second = await up();
    expect(second.runs.map(({ graph }) => graph)).toEqual(['other']);
    second.runs[0]!.succeed();
    expect(await next).toHaveLength(1);
  });

  it('goes on with its other runners', async () => {
    const { pool, run, starts, up } = poolHarness({ settings: { instances: 2 } });
    expect(starts).toHaveLength(2);
    const first = await up(0);
    const second = await up(1);
    const answers = [run({ graph: 'main' }), run({ graph: 'other' })];
    first.die('crash');
    await settle();
    expect(pool.residency).toBe('ready');
    second.runs[0]!.succeed();
    await settle();
    second.runs[1]!.succeed();
    expect(await Promise.all(answers)).toHaveLength(2);
  });

  it('is told from one that does not answer heartbeats, which is killed', async () => {
    const { time, pool, up, events } = poolHarness();
    const runner = await up();
    runner.answers = false;
    pool.tend();
    time.advance(5_000);
    expect(runner.killed).toBe(true);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'runner-ended', reason: 'silent' }));
  });
});

describe('a version that cannot be loaded', () => {
  it('tells all who wait why, and tries again later', async () => {
    const { time, pool, run, starts } = poolHarness();
    const ready = pool.whenReady();
    ready.catch(() => undefined);
    const answer = run();
    starts[0]!.reject(new BrinkError('artifact-corrupt', 'expected other bytes'));
    await expect(ready).rejects.toMatchObject({ code: 'artifact-corrupt' });
    await expect(answer).rejects.toMatchObject({ code: 'artifact-corrupt' });
    await expect(pool.whenReady()).rejects.toMatchObject({ code: 'artifact-corrupt', retryAfterMs: 1_000 });
    expect(starts).toHaveLength(1);
    time.advance(1_000);
    expect(starts).toHaveLength(2);
  });

  it('because its process dies in the load gives 503 after the second time', async () => {
    const { time, run, starts } = poolHarness();
    const answer = run();
    starts[0]!.reject(new RunnerDied('in the load'));
    await settle();
    time.advance(1_000);
    starts[1]!.reject(new RunnerDied('in the load'));
    await expect(answer).rejects.toMatchObject({ code: 'runner-failed' });
  });
});

describe('a version that drains', () => {
  it('ends when the last request that holds it lets go', async () => {
    const { pool, run, up, time } = poolHarness();
    const runner = await up();
    const leave = pool.enter(deadlineOf(time, 1_000));
    pool.drain();
    expect(runner.killed).toBe(false);
    const answer = run();
    runner.runs[0]!.succeed();
    expect(await answer).toHaveLength(1);
    expect(runner.killed).toBe(false);
    leave();
    expect(runner.killed).toBe(true);
    await pool.whenEnded();
    expect(pool.residency).toBe('absent');
  });
});

describe('a caller who leaves', () => {
  it('takes its run out of the queue', async () => {
    const { run, up } = poolHarness();
    const runner = await up();
    const running = run({ graph: 'other' });
    const leaving = new AbortController();
    const left = run({ signal: leaving.signal });
    const next = run();
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
    runner.runs[0]!.succeed();
    await running;
    runner.runs[1]!.succeed();
    await next;
    expect(runner.runs.map(({ rows }) => rows)).toEqual([1, 1]);
  });

  it('is not waited for when it has left before', async () => {
    const { run } = poolHarness();
    await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('runs of a version', () => {
  it('are refused over the queue limit, with both numbers', async () => {
    const { run, up, events } = poolHarness({ settings: { queueItemsMax: 2 } });
    await up();
    const taken = [run(), run(), run()]; // one runs, two wait
    await expect(run()).rejects.toMatchObject({
      code: 'queue-full',
      message: expect.stringMatching(/at most 2 .* got 3/) as string,
    });
    expect(events.at(-1)).toMatchObject({ kind: 'refused', reason: 'queue-full' });
    expect(taken).toHaveLength(3);
  });

  it('past the limit of a run are cancelled, whatever time their callers have', async () => {
    const { time, run, up } = poolHarness({ settings: { runMsMax: 500 } });
    const runner = await up();
    const long = run();
    time.advance(500);
    await expect(long).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: 'expected a run of at most 500 ms, it took longer',
    });
    expect(runner.killed).toBe(true);
  });

  it('are counted, each once, as answered or failed', async () => {
    const { run, up, events } = poolHarness();
    const runner = await up();
    const good = run();
    runner.runs[0]!.succeed({ inferMs: 3 });
    await good;
    const bad = run();
    runner.runs[1]!.fail(new BrinkError('model-rejected-input', 'no'));
    await expect(bad).rejects.toMatchObject({ code: 'model-rejected-input' });
    expect(events.map(({ kind }) => kind)).toEqual(['loaded', 'batch', 'item', 'item-failed']);
    expect(events[2]).toMatchObject({ rows: 1, inferMs: 3 });
  });
});

const deadlineOf = (time: ManualTime, budgetMs: number): Deadline => new Deadline(time, budgetMs);
