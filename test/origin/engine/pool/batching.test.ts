import { describe, expect, it } from 'vitest';
import { runsToKnow } from '../../../../origin/engine/batch/knee.js';
import { BrinkError } from '../../../../shared/errors/brink-error.js';
import { fp32 } from '../../harness.js';
import { poolHarness, type ScriptedRunner, settle, valueOf } from './scripted-runner.js';

/** Batches of one trial: among hostile mates, before others, behind others. */
const trialRows = [7, 3, 2, 2];
const trialRuns = trialRows.length;

/** Lets the runner end whatever it is given, `runs` in all. */
async function drive(runner: ScriptedRunner, runs: number, between = (): void => undefined): Promise<void> {
  for (let done = 0; done < runs; done++) {
    between();
    await settle();
    runner.runs[done]?.succeed();
  }
  await settle();
}

/** A pool that has found out that its first axis is a batch axis, and what runs of one cost. */
async function batchingPool(options: Parameters<typeof poolHarness>[0] = {}) {
  const harness = poolHarness(options);
  const runner = await harness.up();
  const queueDelay = (): void => harness.time.advance(10);
  const first = harness.run();
  queueDelay();
  const pair = [harness.run(), harness.run()];
  await drive(runner, 3 + trialRuns, queueDelay);
  await Promise.all([first, ...pair]);
  for (let run = 0; run < runsToKnow; run++) {
    const answer = harness.run();
    await drive(runner, 4 + trialRuns + run, queueDelay);
    await answer;
  }
  runner.runs.length = 0;
  return { ...harness, runner };
}

describe('whether the first axis is a batch axis', () => {
  it('is found out on the first two that wait together, who are answered by runs of their own', async () => {
    const { run, up, pool } = poolHarness();
    const runner = await up();
    const answers = [run({ value: 1 }), run({ value: 2 }), run({ value: 3 })];
    await drive(runner, 3 + trialRuns);
    expect(runner.runs.map(({ rows }) => rows)).toEqual([1, 1, 1, ...trialRows]);
    expect(await Promise.all(answers.map(valueOf))).toEqual([2, 4, 6]);
    expect(pool.snapshot().batchAxis).toBe('independent');
  });

  it('is denied when the rows see each other, and then nothing is batched ever', async () => {
    const { run, up, pool } = poolHarness();
    const runner = await up();
    const answers = [run(), run(), run()];
    for (let done = 0; done < 3; done++) {
      await settle();
      runner.runs[done]!.succeed();
    }
    await settle();
    const [x] = runner.runs[3]!.inputs;
    const values = x!.parts.map((part) => 2 * (part as Float32Array)[0]!);
    runner.runs[3]!.succeed({
      outputs: [
        fp32(
          'y',
          [7, 1],
          values.sort((a, b) => a - b),
        ),
      ],
    });
    await Promise.all(answers);
    await settle();
    expect(pool.snapshot().batchAxis).toBe('not-a-batch');
    const more = [run(), run(), run()];
    for (let done = 4; done < 7; done++) {
      await settle();
      runner.runs[done]!.succeed();
    }
    await Promise.all(more);
    expect(runner.runs.slice(4).map(({ rows }) => rows)).toEqual([1, 1, 1]);
  });

  it('is denied by a graph that refuses two', async () => {
    const { run, up, pool } = poolHarness();
    const runner = await up();
    const answers = [run(), run(), run()];
    for (let done = 0; done < 3; done++) {
      await settle();
      runner.runs[done]!.succeed();
    }
    await settle();
    for (let run = 3; run < 6; run++) {
      runner.runs[run]!.fail(new BrinkError('model-rejected-input', 'a batch of one only'));
      await settle();
    }
    expect(await Promise.all(answers)).toHaveLength(3);
    await settle();
    expect(pool.snapshot().batchAxis).toBe('not-a-batch');
  });
});

describe('a batch', () => {
  it('takes what has queued while the runner was busy, and gives each its own answer', async () => {
    const { run, runner } = await batchingPool();
    const first = run({ value: 10 });
    const others = [11, 12].map((value) => run({ value }));
    await drive(runner, 2);
    expect(runner.runs.map(({ rows }) => rows)).toEqual([1, 2]);
    expect(await Promise.all([first, ...others].map(valueOf))).toEqual([20, 22, 24]);
  });

  it('never waits while the runner is idle', async () => {
    const { run, runner } = await batchingPool();
    void run();
    expect(runner.runs).toHaveLength(1);
  });

  it('waits for a fuller one where that is asked for, and no longer', async () => {
    const { run, runner, time } = await batchingPool({ settings: { maxQueueDelayMs: 5 } });
    time.advance(10);
    const answers = [run({ value: 1 })];
    expect(runner.runs).toHaveLength(0);
    time.advance(4);
    expect(runner.runs).toHaveLength(0);
    answers.push(run({ value: 2 }));
    time.advance(1);
    expect(runner.runs.map(({ rows }) => rows)).toEqual([2]);
    runner.runs[0]!.succeed();
    expect(await Promise.all(answers.map(valueOf))).toEqual([2, 4]);
  });

  it('that fails is tried again item by item, once: one poisoned item does not fail its mates', async () => {
    const { run, runner } = await batchingPool();
    const first = run();
    const [good, poisoned] = [run({ value: 1 }), run({ value: 666 })];
    runner.runs[0]!.succeed();
    await first;
    await settle();
    expect(runner.runs[1]!.rows).toBe(2);
    const rejected = new BrinkError('model-rejected-input', 'not this one');
    runner.runs[1]!.fail(rejected);
    await settle();
    runner.runs[2]!.succeed();
    await settle();
    runner.runs[3]!.fail(rejected);
    expect(await valueOf(good)).toBe(2);
    await expect(poisoned).rejects.toMatchObject({ code: 'model-rejected-input' });
    expect(runner.runs.map(({ rows }) => rows)).toEqual([1, 2, 1, 1]);
  });

  it('whose runner dies under it is tried again item by item on the next', async () => {
    const { run, runner, up, starts } = await batchingPool();
    const first = run();
    const others = [run({ value: 1 }), run({ value: 2 })];
    runner.runs[0]!.succeed();
    await first;
    await settle();
    runner.die('crash');
    await settle();
    const next = await up(starts.length - 1);
    await drive(next, 2);
    expect(next.runs.map(({ rows }) => rows)).toEqual([1, 1]);
    expect(await Promise.all(others.map(valueOf))).toEqual([2, 4]);
  });

  it('holds no items of other shapes or graphs', async () => {
    const { run, runner } = await batchingPool();
    const first = run();
    const others = [
      run({ value: 1 }),
      run({ inputs: [fp32('x', [1, 2], [3, 4])] }),
      run({ graph: 'other' }),
      run({ value: 2 }),
    ];
    await drive(runner, 4);
    expect(runner.runs.map(({ graph, inputs }) => [graph, inputs[0]!.shape])).toEqual([
      ['main', [1, 1]],
      ['main', [2, 1]],
      ['main', [1, 2]],
      ['other', [1, 1]],
    ]);
    await Promise.all([first, ...others]);
  });

  it('is never larger than the settings or the version say', async () => {
    const { run, runner } = await batchingPool({ settings: { maxBatch: 2 } });
    const answers = Array.from({ length: 6 }, () => run());
    await drive(runner, 4);
    expect(Math.max(...runner.runs.map(({ rows }) => rows))).toBe(2);
    await Promise.all(answers);
  });

  it('whose outputs are not as many rows as went in is run item by item, and the model never batched again', async () => {
    const { run, runner, pool } = await batchingPool();
    const first = run();
    const others = [run({ value: 1 }), run({ value: 2 })];
    runner.runs[0]!.succeed();
    await first;
    await settle();
    runner.runs[1]!.succeed({ outputs: [fp32('y', [3, 1], [1, 2, 3])] });
    await settle();
    runner.runs[2]!.succeed();
    await settle();
    runner.runs[3]!.succeed();
    expect(await Promise.all(others.map(valueOf))).toEqual([2, 4]);
    expect(pool.snapshot().batchAxis).toBe('not-a-batch');
  });

  it('goes first by priority', async () => {
    const { run, runner } = await batchingPool({ settings: { maxBatch: 2, priorityLevels: 3 } });
    const first = run();
    const low = [run({ value: 1, priority: 3 }), run({ value: 2 })];
    const high = [run({ value: 3, priority: 1 }), run({ value: 4, priority: 1 })];
    await drive(runner, 3);
    expect(runner.runs.slice(1).map(({ inputs }) => inputs[0]!.parts.map((part) => (part as Float32Array)[0]))).toEqual(
      [
        [3, 4],
        [1, 2],
      ],
    );
    await Promise.all([first, ...low, ...high]);
  });
});

describe('the memory of a batch', () => {
  it('is used again when the last who took outputs from it has given it back, and never if one may keep them', async () => {
    const { run, runner } = await batchingPool();
    const given: (() => void)[] = [];
    const lendOutputs = (giveBack: () => void): void => void given.push(giveBack);
    let back = 0;
    const giveBack = (): void => void (back += 1);
    const shared = async (first: Parameters<typeof run>[0], second: Parameters<typeof run>[0]): Promise<void> => {
      const held = run();
      await settle();
      const both = [run(first), run(second)];
      const at = runner.runs.length;
      runner.runs[at - 1]!.succeed();
      await settle();
      expect(runner.runs[at]!.rows).toBe(2);
      runner.runs[at]!.succeed({ giveBack });
      await Promise.all([held, ...both]);
    };
    await shared({ lendOutputs }, { lendOutputs });
    expect([given.length, back]).toEqual([2, 0]);
    given[0]!();
    expect(back).toBe(0);
    given[1]!();
    expect(back).toBe(1);
    await shared({ lendOutputs }, {});
    given[2]!();
    expect([given.length, back]).toEqual([3, 1]);
  });
});
