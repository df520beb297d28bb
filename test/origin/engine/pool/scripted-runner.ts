import { CoreShares } from '../../../../origin/engine/admission/core-shares.js';
import type { EngineEvent } from '../../../../origin/engine/engine-events.js';
import { defaultEngineLimits, type EngineLimits } from '../../../../origin/engine/engine-limits.js';
import type { StartPlan } from '../../../../origin/engine/pool/crew.js';
import type { RunRequest } from '../../../../origin/engine/pool/run-item.js';
import { VersionPool } from '../../../../origin/engine/pool/version-pool.js';
import { RunnerDied } from '../../../../origin/engine/process/runner-died.js';
import type { BatchTensor, Runner, RunResult } from '../../../../origin/engine/runner.js';
import { cpuOnly } from '../../../../origin/runner/session-options.js';
import { defaultModelSettings, type ModelSettings } from '../../../../origin/settings/model-settings.js';
import type { Signature, Tensor } from '../../../../shared/protocol/tensor.js';
import { Deadline } from '../../../../shared/time/deadline.js';
import { fp32, ManualTime } from '../../harness.js';

interface ScriptedRun {
  readonly graph: string;
  readonly inputs: readonly BatchTensor[];
  readonly rows: number;
  /** Ends the run: y = 2x, unless other outputs are given. */
  succeed(result?: Partial<RunResult>): void;
  fail(error: unknown): void;
}

/** A runner whose runs end when the test says so: crash loops in no time. */
export class ScriptedRunner implements Runner {
  static #pids = 0;
  readonly pid = ++ScriptedRunner.#pids;
  readonly runs: ScriptedRun[] = [];
  killed = false;
  /** Whether it answers heartbeats. */
  answers = true;
  end: (why: string) => void = () => undefined;
  readonly ended = new Promise<string>((resolve) => (this.end = resolve));

  run(graph: string, inputs: readonly BatchTensor[]): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      const rows = inputs[0]?.shape[0] ?? 0;
      const succeed = (result: Partial<RunResult> = {}): void =>
        resolve({ outputs: doubled(inputs), inferMs: 1, cpuMs: 1, rssBytes: 1, ...result });
      this.runs.push({ graph, inputs, rows, succeed, fail: reject });
    });
  }

  ping(): Promise<{ rssBytes: number }> {
    return this.answers ? Promise.resolve({ rssBytes: 1 }) : new Promise(() => undefined);
  }

  kill(): void {
    this.die('killed');
  }

  die(why: string): void {
    if (this.killed) return;
    this.killed = true;
    for (const run of this.runs) run.fail(new RunnerDied(why));
    this.end(why);
  }
}

function doubled(inputs: readonly BatchTensor[]): Tensor[] {
  const values = inputs.flatMap(({ parts }) => parts.flatMap((part) => [...(part as Float32Array)]));
  return [fp32('y', [...(inputs[0]?.shape ?? [0])], values.map((value) => value * 2))]; // prettier-ignore
}

/** Lets every promise that is settled be heard. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Its inner axis is open, so that nothing is run before the first request. */
export const doubleSignature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, -1] }],
};

export interface PoolHarnessOptions {
  readonly random?: number;
  readonly settings?: Partial<ModelSettings>;
  readonly limits?: Partial<EngineLimits>;
  readonly signature?: Signature;
  readonly cores?: number;
}

/** A version pool on scripted runners, in a time that the test moves. */
export function poolHarness({ random = 1, settings, limits, signature, cores = 4 }: PoolHarnessOptions = {}) {
  const time = new ManualTime();
  const events: EngineEvent[] = [];
  const starts: { plan: StartPlan; resolve(runner: Runner): void; reject(error: unknown): void }[] = [];
  const runners: ScriptedRunner[] = [];
  const pool = new VersionPool({
    digest: 'd',
    label: () => ({ model: 'm', version: 'v1', digest: 'd' }),
    signatures: { main: signature ?? doubleSignature, other: doubleSignature },
    inferGraph: 'main',
    batching: null,
    settings: { ...defaultModelSettings, instances: 1, ...settings },
    limits: { ...defaultEngineLimits, overrunMsMax: 100, backoff: { firstMs: 1_000, mostMs: 8_000 }, ...limits },
    cores: new CoreShares({ cores }),
    coreCount: cores,
    deviceOf: () => 'cpu',
    providers: cpuOnly,
    clock: time,
    ticks: time.now,
    random: () => random,
    schedule: time.schedule,
    log: () => undefined,
    observe: (event) => events.push(event),
    start: (plan) => new Promise<Runner>((resolve, reject) => starts.push({ plan, resolve, reject })),
  });
  const lastValue = { n: 0 };
  /** Asks for 2 × value; each has another value unless it is given. */
  const run = (more: Partial<RunRequest> & { value?: number; budgetMs?: number } = {}): Promise<readonly Tensor[]> => {
    const { value = ++lastValue.n, budgetMs = 60_000, ...request } = more;
    const inputs = [fp32('x', [1, 1], [value])];
    const answer = pool.run({ graph: 'main', inputs, deadline: new Deadline(time, budgetMs), lane: {}, ...request });
    answer.catch(() => undefined);
    return answer;
  };
  /** The process that is started next comes up. */
  const up = async (index = starts.length - 1): Promise<ScriptedRunner> => {
    const runner = new ScriptedRunner();
    runners.push(runner);
    starts[index]!.resolve(runner);
    await settle();
    return runner;
  };
  return { time, events, starts, runners, pool, run, up };
}

/** The only number that was answered. */
export const valueOf = async (answer: Promise<readonly Tensor[]>): Promise<number> =>
  (await answer).map(({ data }) => (data as Float32Array)[0]!)[0]!;
