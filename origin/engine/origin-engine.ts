import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Engine, Residency, Target } from '../../shared/engine/engine.js';
import type { HandlerInput, Json } from '../../shared/handler/handler.js';
import type { InferRequest } from '../../shared/protocol/infer.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { type Clock, type Random, systemClock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import type { VersionFilesStore } from '../artifacts/version-files.js';
import type { Prediction } from '../handlers/handler-worker.js';
import { defaultEngineLimits, type EngineLimits } from './engine-limits.js';
import type { Log } from './log.js';
import { shuttingDown } from './process/runner-errors.js';
import type { RunnerOptions } from './process/runner-process.js';
import { type Schedule, systemSchedule } from './schedule.js';
import { startRunner } from './process/start-runner.js';
import { VersionRunner } from './version-runner.js';

export interface OriginEngineParts {
  readonly artifacts: Pick<VersionFilesStore, 'of' | 'forget'>;
  readonly handlers: { predict(prediction: Prediction): Promise<Json> };
  readonly runner: RunnerOptions;
  readonly log: Log;
  readonly limits?: Partial<EngineLimits>;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly schedule?: Schedule;
}

/** Runs versions in child processes of their own, and handlers in worker threads; itself it only waits. */
export class OriginEngine implements Engine {
  readonly #parts: Required<Omit<OriginEngineParts, 'limits'>>;
  readonly #limits: EngineLimits;
  /** By digest; the one used least recently first. */
  readonly #runners = new Map<string, VersionRunner>();
  readonly #leaving = new Set<VersionRunner>();
  #closed = false;

  constructor({ limits, ...parts }: OriginEngineParts) {
    this.#parts = { clock: systemClock, random: Math.random, schedule: systemSchedule, ...parts };
    this.#limits = { ...defaultEngineLimits, ...limits };
  }

  async infer(target: Target, request: InferRequest, deadline: Deadline): Promise<readonly Tensor[]> {
    const graph = target.manifest.inferGraph;
    if (graph === null) {
      throw new BrinkError('no-tensor-signature', 'expected a model that takes tensors, this one takes predict only');
    }
    return this.#runner(target).run({ graph, inputs: request.inputs, deadline, lane: request });
  }

  async predict(target: Target, input: HandlerInput, deadline: Deadline): Promise<Json> {
    const { digest, manifest } = target;
    const { handler, settings } = manifest;
    if (handler === null) {
      throw new BrinkError('no-handler', 'expected a model that has a handler, this one takes tensors only');
    }
    const runner = this.#runner(target);
    const release = runner.hold();
    try {
      const { files } = await this.#parts.artifacts.of(target, deadline);
      const run = (graph: string, inputs: readonly Tensor[]): Promise<readonly Tensor[]> =>
        runner.run({ graph: graphOf(target, graph), inputs, deadline, lane: input }, true);
      return await this.#parts.handlers.predict({ digest, handler, files, settings, input, deadline, run });
    } finally {
      release();
    }
  }

  async prefetch(target: Target, deadline: Deadline): Promise<void> {
    await deadline.bound(this.#runner(target).whenReady(), 'the model was loaded');
  }

  residency(digest: string): Residency {
    return this.#runners.get(digest)?.residency ?? 'absent';
  }

  /** Drains and ends the runners of versions that are not in `keep`. Resolves when their processes have ended. */
  async retire(keep: ReadonlySet<string>): Promise<void> {
    const unwanted = [...this.#runners.keys()].filter((digest) => !keep.has(digest));
    await Promise.all(unwanted.map((digest) => this.#drain(digest)));
  }

  /** Ends all runners at once; what waits or runs fails with `shutting-down`. Resolves when no process is left. */
  async close(): Promise<void> {
    this.#closed = true;
    const runners = [...this.#runners.values(), ...this.#leaving];
    this.#runners.clear();
    for (const runner of runners) runner.close();
    await Promise.all(runners.map((runner) => runner.whenEnded()));
  }

  #runner(target: Target): VersionRunner {
    if (this.#closed) throw shuttingDown();
    const { digest } = target;
    const runner = this.#runners.get(digest) ?? this.#create(target);
    this.#runners.delete(digest);
    this.#runners.set(digest, runner);
    for (const oldest of this.#runners.keys()) {
      if (this.#runners.size <= this.#limits.runnersMax) break;
      this.#parts.log({ event: 'runner-evicted', digest: oldest, runnersMax: this.#limits.runnersMax });
      void this.#drain(oldest);
    }
    return runner;
  }

  #create(target: Target): VersionRunner {
    const { artifacts, runner: options, log, clock, random, schedule } = this.#parts;
    const limits = this.#limits;
    const start = async (signal: AbortSignal): ReturnType<VersionRunnerStart> => {
      const deadline = new Deadline(clock, limits.loadMsMax);
      const { graphs } = await artifacts.of(target, deadline);
      try {
        return (await startRunner({ graphs, options, deadline, signal, log })).process;
      } catch (error) {
        artifacts.forget(target); // the files may not be there any more, or not what they were
        throw error;
      }
    };
    return new VersionRunner({ digest: target.digest, limits, clock, random, schedule, log, start });
  }

  /** Never rejects. */
  async #drain(digest: string): Promise<void> {
    const runner = this.#runners.get(digest);
    if (runner === undefined) return;
    this.#runners.delete(digest);
    this.#leaving.add(runner);
    runner.drain();
    await runner.whenEnded();
    this.#leaving.delete(runner);
  }
}

type VersionRunnerStart = ConstructorParameters<typeof VersionRunner>[0]['start'];

function graphOf({ manifest }: Target, graph: string): string {
  if (Object.hasOwn(manifest.graphs, graph)) return graph;
  throw new BrinkError('handler-failed', `expected the version to have the graph ${graph.slice(0, 64)}, it has not`);
}
