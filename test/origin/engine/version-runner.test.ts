import { describe, expect, it } from 'vitest';
import { defaultEngineLimits } from '../../../origin/engine/engine-limits.js';
import { RunnerDied, type RunnerProcess } from '../../../origin/engine/process/runner-process.js';
import type { RunResult } from '../../../origin/engine/runner.js';
import { VersionRunner } from '../../../origin/engine/version-runner.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { Deadline } from '../../../shared/time/deadline.js';
import { ManualTime } from '../harness.js';

/** A process whose runs end when the test says so: crash loops in no time. */
class ScriptedProcess {
  readonly pid = 1;
  readonly runs: { graph: string; resolve(outputs: Tensor[]): void; reject(error: unknown): void }[] = [];
  killed = false;
  end: () => void = () => undefined;
  readonly ended = new Promise<void>((resolve) => (this.end = resolve));

  run(graph: string): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      const answer = (outputs: Tensor[]): void => resolve({ outputs, inferMs: 1, rssBytes: 1 });
      this.runs.push({ graph, resolve: answer, reject });
    });
  }

  kill(): void {
    if (this.killed) return;
    this.killed = true;
    this.runs.at(-1)?.reject(new RunnerDied('killed'));
    this.end();
  }
}

/** Lets every promise that is settled be heard. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function harness(random = 1) {
  const time = new ManualTime();
  const starts: { resolve(process: ScriptedProcess): void; reject(error: unknown): void }[] = [];
  const runner = new VersionRunner({
    digest: 'd',
    limits: { ...defaultEngineLimits, overrunMsMax: 100, backoff: { firstMs: 1_000, mostMs: 8_000 } },
    clock: time,
    random: () => random,
    schedule: time.schedule,
    log: () => undefined,
    start: () =>
      new Promise<RunnerProcess>((resolve, reject) => {
        starts.push({ resolve: (process) => resolve(process as unknown as RunnerProcess), reject });
      }),
  });
  const run = (graph = 'main', budgetMs = 60_000): Promise<readonly Tensor[]> => {
    const answer = runner.run({ graph, inputs: [], deadline: new Deadline(time, budgetMs), lane: {} });
    answer.catch(() => undefined);
    return answer;
  };
  const up = async (): Promise<ScriptedProcess> => {
    const process = new ScriptedProcess();
    starts.at(-1)!.resolve(process);
    await settle();
    return process;
  };
  return { time, starts, runner, run, up };
}

describe('a version whose runner dies', () => {
  it('starts again at once the first time, then ever later, up to a limit', async () => {
    const { time, starts, runner, up } = harness();
    const waitsMs: number[] = [];
    for (let crash = 0; crash < 7; crash++) {
      (await up()).kill();
      await settle();
      const before = starts.length;
      const at = time.now();
      while (starts.length === before && crash > 0) time.advance(100);
      waitsMs.push(time.now() - at);
    }
    expect(waitsMs).toEqual([0, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    expect(runner.residency).toBe('loading');
  });

  it('is failed meanwhile, recovers by itself, and begins anew after a good run', async () => {
    const { time, runner, run, up, starts } = harness();
    for (let crash = 0; crash < 2; crash++) {
      (await up()).kill();
      await settle();
    }
    expect(runner.residency).toBe('failed');
    time.advance(1_000);
    expect(runner.residency).toBe('loading');
    const process = await up();
    expect(runner.residency).toBe('ready');
    const answer = run();
    process.runs[0]!.resolve([]);
    expect(await answer).toEqual([]);
    process.kill();
    await settle();
    expect(runner.residency).toBe('loading'); // at once again
    expect(starts).toHaveLength(4);
  });

  it('refuses requests that would wait too long, with the time to wait, and keeps those that need not', async () => {
    const { time, runner, run, up } = harness();
    for (let crash = 0; crash < 3; crash++) {
      (await up()).kill();
      await settle();
      if (crash === 1) time.advance(1_000);
    }
    await expect(run()).rejects.toMatchObject({ code: 'runner-failed', retryAfterMs: 2_000 });
    time.advance(1_500);
    await expect(run('main', 400)).rejects.toMatchObject({ code: 'runner-failed', retryAfterMs: 500 });
    const kept = run();
    time.advance(500);
    const process = await up();
    process.runs[0]!.resolve([]);
    expect(await kept).toEqual([]);
    expect(runner.residency).toBe('ready');
  });

  it('spreads the starts of many at random', async () => {
    const { time, starts, up } = harness(0);
    for (let crash = 0; crash < 2; crash++) {
      (await up()).kill();
      await settle();
    }
    time.advance(499);
    expect(starts).toHaveLength(2);
    time.advance(1);
    expect(starts).toHaveLength(3);
  });

  it('tries a run once more, before those that came later, and not a third time', async () => {
    const { run, up } = harness();
    const first = await up();
    const answers = [run('a'), run('b')];
    first.kill();
    await settle();
    const second = await up();
    expect(second.runs.map(({ graph }) => graph)).toEqual(['a']);
    second.kill();
    await expect(answers[0]).rejects.toMatchObject({ code: 'runner-failed' });
  });

  it('does not run again what nobody waits for any more', async () => {
    const { time, run, up } = harness();
    const first = await up();
    const late = run('late', 50);
    const next = run('next');
    time.advance(50);
    await expect(late).rejects.toMatchObject({ code: 'deadline-exceeded' });
    time.advance(100); // the overrun ends: the process is killed
    expect(first.killed).toBe(true);
    const second = await up();
    expect(second.runs.map(({ graph }) => graph)).toEqual(['next']);
    second.runs[0]!.resolve([]);
    expect(await next).toEqual([]);
  });
});

describe('a version that cannot be loaded', () => {
  it('tells all who wait why, and tries again later', async () => {
    const { time, runner, run, starts } = harness();
    const ready = runner.whenReady();
    const answer = run();
    starts[0]!.reject(new BrinkError('artifact-corrupt', 'expected other bytes'));
    await expect(ready).rejects.toMatchObject({ code: 'artifact-corrupt' });
    await expect(answer).rejects.toMatchObject({ code: 'artifact-corrupt' });
    await expect(runner.whenReady()).rejects.toMatchObject({ code: 'artifact-corrupt', retryAfterMs: 1_000 });
    expect(starts).toHaveLength(1);
    time.advance(1_000);
    expect(starts).toHaveLength(2);
  });

  it('because its process dies in the load gives 503 after the second time', async () => {
    const { time, run, starts } = harness();
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
    const { runner, run, up } = harness();
    const process = await up();
    const release = runner.hold();
    runner.drain();
    expect(process.killed).toBe(false);
    const answer = run();
    process.runs[0]!.resolve([]);
    expect(await answer).toEqual([]);
    expect(process.killed).toBe(false);
    release();
    expect(process.killed).toBe(true);
    await runner.whenEnded();
    expect(runner.residency).toBe('absent');
  });
});
