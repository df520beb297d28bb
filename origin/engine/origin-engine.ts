import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Caller, Engine, Residency, Target } from '../../shared/engine/engine.js';
import type { HandlerInput, Json } from '../../shared/handler/handler.js';
import type { InferRequest } from '../../shared/protocol/infer.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { type Clock, type Random, systemClock } from '../../shared/time/clock.js';
import type { Deadline } from '../../shared/time/deadline.js';
import type { Prediction } from '../handlers/handler-worker.js';
import type { Provider } from '../runner/session-options.js';
import type { ModelSettings } from '../settings/model-settings.js';
import { CoreShares } from './admission/core-shares.js';
import type { CostLine } from './batch/size-costs.js';
import type { Observe, RunnerEnd, VersionLabel, VersionSnapshot } from './engine-events.js';
import { defaultEngineLimits, type EngineLimits } from './engine-limits.js';
import type { Log } from './log.js';
import { VersionPool } from './pool/version-pool.js';
import { shuttingDown } from './process/runner-errors.js';
import { type Cancel, type Schedule, systemSchedule } from './schedule.js';
import type { VersionStarter } from './version-starter.js';

export interface OriginEngineParts {
  readonly starter: Pick<VersionStarter, 'start' | 'files' | 'deviceOf' | 'providersOf'>;
  readonly handlers: { predict(prediction: Prediction): Promise<Json> };
  readonly settingsOf: (model: string) => ModelSettings;
  /** What runs of a version cost where it was published; never rejects. Absent: nothing is known of any. */
  readonly publishedCostsOf?: (target: Target) => Promise<ReadonlyMap<string, CostLine>>;
  /** Cores that CPU runs share. */
  readonly coreCount: number;
  readonly log: Log;
  readonly observe?: Observe;
  readonly limits?: Partial<EngineLimits>;
  readonly clock?: Clock;
  /** Milliseconds that only go forward, with fractions: what runs are timed with. */
  readonly ticks?: () => number;
  readonly random?: Random;
  readonly schedule?: Schedule;
}

interface Resident {
  readonly pool: VersionPool;
  label: VersionLabel;
}

/** Runs versions in child processes of their own, and handlers in worker threads; itself it only waits. */
export class OriginEngine implements Engine {
  readonly #parts: Required<Omit<OriginEngineParts, 'limits'>>;
  readonly #limits: EngineLimits;
  readonly #cores: CoreShares;
  /** By digest; the one used least recently first. */
  readonly #residents = new Map<string, Resident>();
  readonly #leaving = new Set<VersionPool>();
  /** Digests that an operator has unloaded: they stay so until they are loaded by hand, or replaced. */
  readonly #withheld = new Set<string>();
  #cancelTending: Cancel;
  #closed = false;

  constructor({ limits, ...parts }: OriginEngineParts) {
    this.#parts = {
      clock: systemClock,
      ticks: () => performance.now(),
      random: Math.random,
      schedule: systemSchedule,
      observe: () => undefined,
      publishedCostsOf: () => Promise.resolve(new Map()),
      ...parts,
    };
    this.#limits = { ...defaultEngineLimits, ...limits };
    this.#cores = new CoreShares({ cores: parts.coreCount });
    this.#cancelTending = this.#parts.schedule(() => this.#tend(), this.#limits.heartbeatEveryMs);
  }

  async infer(target: Target, request: InferRequest, deadline: Deadline, caller?: Caller): Promise<readonly Tensor[]> {
    const graph = target.manifest.inferGraph;
    if (graph === null) {
      throw new BrinkError('no-tensor-signature', 'expected a model that takes tensors, this one takes predict only');
    }
    const { inputs } = request;
    return this.#pool(target).run({ graph, inputs, deadline, lane: request, ...caller });
  }

  async predict(target: Target, input: HandlerInput, deadline: Deadline, caller?: Caller): Promise<Json> {
    const { digest, manifest } = target;
    const { handler, settings } = manifest;
    if (handler === null) {
      throw new BrinkError('no-handler', 'expected a model that has a handler, this one takes tensors only');
    }
    const pool = this.#pool(target);
    const leave = pool.enter(deadline, caller?.priority);
    try {
      const { files } = await this.#parts.starter.files(target, deadline);
      const run = (graph: string, inputs: readonly Tensor[]): Promise<readonly Tensor[]> =>
        pool.run({ graph: graphOf(target, graph), inputs, deadline, lane: input, ...caller }, true);
      return await this.#parts.handlers.predict({ digest, handler, files, settings, input, deadline, run });
    } finally {
      leave();
    }
  }

  async prefetch(target: Target, deadline: Deadline): Promise<void> {
    await deadline.bound(this.#load(target), 'the model was loaded');
  }

  /** One that was told to end while it started makes room for the next. */
  async #load(target: Target): Promise<void> {
    const pool = this.#pool(target);
    try {
      await pool.whenReady();
    } catch (error) {
      if (this.#closed || this.#residents.get(target.digest)?.pool === pool) throw error;
      await this.#pool(target).whenReady();
    }
  }

  residency(digest: string): Residency {
    return this.#residents.get(digest)?.pool.residency ?? 'absent';
  }

  /** Why a version that was asked for cannot answer now; undefined when it can, or nobody has asked. */
  failure(digest: string): BrinkError | undefined {
    return this.#withheld.has(digest) ? unloaded() : this.#residents.get(digest)?.pool.failure;
  }

  /** What everybody hears who asks for a model now, counted; undefined when one of its versions has room, or none is here. */
  refusal(model: string): BrinkError | undefined {
    let full: VersionPool | undefined;
    for (const { pool, label } of this.#residents.values()) {
      if (label.model !== model) continue;
      if (!pool.isFull) return undefined;
      full = pool;
    }
    return full?.turnAway();
  }

  /** How the versions stand that are in memory, or leave it. */
  snapshot(): readonly VersionSnapshot[] {
    return [...this.#residents.values()].map(({ pool }) => pool.snapshot());
  }

  /** Drains and ends the runners of versions that are not in `keep`. Resolves when their processes have ended. */
  async retire(keep: ReadonlySet<string>): Promise<void> {
    for (const digest of this.#withheld) if (!keep.has(digest)) this.#withheld.delete(digest);
    const unwanted = [...this.#residents.keys()].filter((digest) => !keep.has(digest));
    await Promise.all(unwanted.map((digest) => this.unload(digest)));
  }

  /** Unloads a version, and refuses it until `admit`. Never rejects. */
  async withhold(digest: string): Promise<void> {
    this.#withheld.add(digest);
    await this.unload(digest);
  }

  /** Lets a version be loaded again that was withheld. */
  admit(digest: string): void {
    this.#withheld.delete(digest);
  }

  /** Serves what waits for a version, then ends its runners; it is loaded again when it is asked for. Never rejects. */
  async unload(digest: string, reason: RunnerEnd = 'closed'): Promise<void> {
    const pool = this.#residents.get(digest)?.pool;
    if (pool === undefined) return;
    this.#residents.delete(digest);
    this.#leaving.add(pool);
    pool.drain(reason);
    await pool.whenEnded();
    this.#leaving.delete(pool);
  }

  /** Ends all runners at once; what waits or runs fails with `shutting-down`. Resolves when no process is left. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTending();
    const pools = [...[...this.#residents.values()].map(({ pool }) => pool), ...this.#leaving];
    this.#residents.clear();
    for (const pool of pools) pool.close();
    await Promise.all(pools.map((pool) => pool.whenEnded()));
  }

  #pool(target: Target): VersionPool {
    if (this.#closed) throw shuttingDown();
    const { digest, version, manifest } = target;
    if (this.#withheld.has(digest)) throw unloaded();
    const known = this.#residents.get(digest);
    const resident = known ?? this.#create(target);
    // A digest can be asked for by several names: events carry the one of last.
    if (resident.label.version !== version) resident.label = { model: manifest.model, version, digest };
    this.#residents.delete(digest);
    this.#residents.set(digest, resident);
    if (known === undefined) this.#makeRoom(digest);
    return resident.pool;
  }

  #create(target: Target): Resident {
    const { digest, version, manifest } = target;
    const { starter, settingsOf, publishedCostsOf, coreCount, clock, ticks, random, schedule, log, observe } =
      this.#parts;
    const settings = settingsOf(manifest.model);
    const resident: { pool?: VersionPool; label: VersionLabel } = { label: { model: manifest.model, version, digest } };
    const pool = new VersionPool({
      digest,
      label: () => resident.label,
      signatures: Object.fromEntries(Object.entries(manifest.graphs).map(([name, graph]) => [name, graph.signature])),
      inferGraph: manifest.inferGraph,
      batching: manifest.batching,
      publishedCosts: publishedCostsOf(target),
      settings,
      limits: this.#limits,
      cores: this.#cores,
      coreCount,
      deviceOf: (index) => starter.deviceOf(settings, index),
      providers: providersOrNone(starter, settings),
      clock,
      ticks,
      random,
      schedule,
      log: (row) => log({ ...row, model: manifest.model, version: resident.label.version }),
      observe,
      start: (plan, signal) => starter.start(target, settings, plan, signal),
    });
    return Object.assign(resident, { pool });
  }

  #tend(): void {
    for (const { pool } of this.#residents.values()) pool.tend();
    this.#makeRoom();
    this.#cancelTending = this.#parts.schedule(() => this.#tend(), this.#limits.heartbeatEveryMs);
  }

  /**
   * Ends versions, the least recently used first, while there are too many runners, or while they take too much memory
   * and one of them does nothing. `wanted` stays.
   */
  #makeRoom(wanted?: string): void {
    const { runnersMax, memoryBytesMax } = this.#limits;
    for (const [digest, { pool }] of this.#residents) {
      const processes = this.#sum(({ processes }) => processes);
      const rssBytes = this.#sum((one) => one.rssBytes);
      const tooMany = processes > runnersMax && this.#residents.size > 1;
      if (digest === wanted || (!tooMany && !(rssBytes > memoryBytesMax && pool.isIdle))) continue;
      this.#parts.log({ event: 'runner-evicted', digest, processes, runnersMax, rssBytes, memoryBytesMax });
      void this.unload(digest, 'evicted');
    }
  }

  #sum(figure: (pool: VersionPool) => number): number {
    let sum = 0;
    for (const { pool } of this.#residents.values()) sum += figure(pool);
    return sum;
  }
}

/** A version whose providers are missing is there all the same, and fails to start: so it can be seen why. */
function providersOrNone(starter: OriginEngineParts['starter'], settings: ModelSettings): readonly Provider[] {
  try {
    return starter.providersOf(settings).providers;
  } catch {
    return [];
  }
}

const unloaded = (): BrinkError =>
  new BrinkError('unloaded', 'an operator has unloaded this model here, and not loaded it again', {
    retryAfterMs: 1_000,
  });

function graphOf({ manifest }: Target, graph: string): string {
  if (Object.hasOwn(manifest.graphs, graph)) return graph;
  throw new BrinkError('handler-failed', `expected the version to have the graph ${graph.slice(0, 64)}, it has not`);
}
