import type { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Residency } from '../../../shared/engine/engine.js';
import type { Signature } from '../../../shared/protocol/tensor.js';
import type { Clock, Random } from '../../../shared/time/clock.js';
import type { Provider } from '../../runner/session-options.js';
import { resolveThreads, type ThreadPlan } from '../../settings/check-threads.js';
import type { ModelSettings } from '../../settings/model-settings.js';
import type { InstanceSnapshot, Observe, VersionLabel } from '../engine-events.js';
import type { RunnerEnd } from '../engine-events.js';
import type { EngineLimits } from '../engine-limits.js';
import type { Log } from '../log.js';
import { RunnerDied } from '../process/runner-died.js';
import type { Runner } from '../runner.js';
import type { Schedule } from '../schedule.js';
import type { BatchBook } from './batch-book.js';
import { Instance } from './instance.js';
import { warmUp } from './warm-up.js';

/** How one runner is to be started. */
export interface StartPlan extends ThreadPlan {
  readonly index: number;
}

export interface CrewParts {
  readonly digest: string;
  readonly label: () => VersionLabel;
  readonly signatures: Readonly<Record<string, Signature>>;
  readonly settings: ModelSettings;
  readonly book: BatchBook;
  readonly limits: EngineLimits;
  /** Cores of this machine. */
  readonly coreCount: number;
  /** `cpu`, `cuda:0` …: where an instance runs. */
  readonly deviceOf: (index: number) => string;
  /** What is used in place of the settings' providers, where some of them are not there. */
  readonly providers: readonly Provider[];
  readonly clock: Clock;
  readonly ticks: () => number;
  readonly random: Random;
  readonly schedule: Schedule;
  readonly log: Log;
  readonly observe: Observe;
  /** A new process with the version's graphs loaded; aborting ends it. Rejects with RunnerDied or BrinkError. */
  start(plan: StartPlan, signal: AbortSignal): Promise<Runner>;
  onChange(): void;
  /** No runner could be started, and there is none. */
  onStartFailed(error: BrinkError, died: boolean): void;
}

interface Member {
  readonly instance: Instance;
  readonly plan: StartPlan;
  /** Those that end as soon as this one can run. */
  readonly replaces: readonly Instance[];
  readonly reason: RunnerEnd;
  idleSince: number;
}

/** The runners of one version: as many as its settings say, or as its runs were measured to need. */
export class Crew {
  readonly #parts: CrewParts;
  readonly #members = new Map<Instance, Member>();
  /** Also those that are ending. */
  readonly #all = new Set<Instance>();
  #threads: ThreadPlan;
  #warmed = false;
  /** Generated inputs have killed a runner: the version goes without a warm-up. */
  #warmUpKills = false;
  #closed = false;

  constructor(parts: CrewParts) {
    this.#parts = parts;
    this.#threads = this.#planThreads(undefined);
    const { instances } = parts.settings;
    // A number is an order; what is measured to be needed comes when something waits.
    for (let count = 0; count < (instances === 'auto' ? 1 : instances); count++) this.#add([], 'closed');
  }

  get instances(): readonly Instance[] {
    return [...this.#all];
  }

  get usable(): readonly Instance[] {
    return [...this.#members.keys()].filter(({ usable }) => usable);
  }

  idle(except: ReadonlyMap<Instance, unknown>): Instance | undefined {
    for (const instance of this.#members.keys()) if (instance.idle && !except.has(instance)) return instance;
    return undefined;
  }

  get residency(): Residency {
    const states = [...this.#members.keys()].map(({ state }) => state);
    if (states.some((state) => state === 'ready' || state === 'busy')) return 'ready';
    if (states.some((state) => state === 'starting' || state === 'warming')) return 'loading';
    return states.includes('backing-off') ? 'failed' : 'absent';
  }

  /** When every runner is backing off: until the first is tried again, and why. */
  get setback(): { readonly until: number; readonly error: BrinkError } | undefined {
    if (this.residency !== 'failed') return undefined;
    const setbacks = [...this.#members.keys()].map(({ setback }) => setback).filter((one) => one !== undefined);
    return setbacks.reduce((first, one) => (one.until < first.until ? one : first));
  }

  threadsOf(instance: Instance): number {
    return this.#members.get(instance)?.plan.threads ?? 1;
  }

  deviceOf(instance: Instance): string {
    return this.#parts.deviceOf(this.#members.get(instance)?.plan.index ?? 0);
  }

  /** Something waits and no runner is free. */
  wantMore(): void {
    const members = [...this.#members.keys()];
    if (members.length < this.#threads.instances && members.every(({ usable }) => usable)) this.#add([], 'closed');
  }

  /** After each run, and between batches: what has grown too much is replaced, and so is what has the wrong threads. */
  noteRun(instance: Instance): void {
    const member = this.#members.get(instance);
    if (member === undefined) return;
    member.idleSince = this.#parts.clock.now();
    const { settings, log, digest } = this.#parts;
    if (instance.grownBytes > settings.runnerGrowthBytesMax && !this.#isReplaced(instance)) {
      log({ event: 'runner-grown', digest, pid: instance.pid, grownBytes: instance.grownBytes });
      this.#add([instance], 'grown');
    }
    this.#replan();
  }

  /** Heartbeats; ends a runner that was started for a backlog that has gone. */
  tend(): void {
    const { clock, limits, settings } = this.#parts;
    const now = clock.now();
    for (const [instance, member] of this.#members) {
      void instance.beat();
      const spare = settings.instances === 'auto' && this.usable.length > 1 && instance.idle;
      if (spare && now - member.idleSince > limits.idleInstanceMsMax) instance.drain('closed');
    }
  }

  close(reason: RunnerEnd): void {
    this.#closed = true;
    for (const instance of [...this.#all]) instance.close(reason);
  }

  async whenEnded(): Promise<void> {
    // One that ends may have been replaced meanwhile; those that were seen here have ended, whoever else hears of it.
    for (const instance of this.#all) await instance.whenEnded();
  }

  snapshots(): InstanceSnapshot[] {
    return [...this.#all].map((instance) => ({
      state: instance.state,
      pid: instance.pid,
      rssBytes: instance.rssBytes,
      device: this.deviceOf(instance),
      threads: this.threadsOf(instance),
      busyMs: instance.busyMs,
    }));
  }

  #planThreads(runMs: number | undefined): ThreadPlan {
    const { settings, providers, coreCount } = this.#parts;
    return resolveThreads({ settings, providers, cores: coreCount, runMs });
  }

  /** Once the runs are measured: few long runs want threads, many short ones want instances. Decided once. */
  #replan(): void {
    const { settings, book, log, digest } = this.#parts;
    if (settings.threads !== 'auto' && settings.instances !== 'auto') return;
    const wanted = this.#planThreads(book.runMs());
    if (wanted.threads <= this.#threads.threads) return; // never back: a machine that is busy makes all runs long
    log({ event: 'threads-planned', digest, ...wanted });
    this.#threads = wanted;
    const old = [...this.#members.keys()];
    for (let count = 0; count < wanted.instances; count++) this.#add(count === 0 ? old : [], 'closed');
  }

  #isReplaced(instance: Instance): boolean {
    return [...this.#members.values()].some(({ replaces }) => replaces.includes(instance));
  }

  #add(replaces: readonly Instance[], reason: RunnerEnd): void {
    const { limits, clock, random, schedule, log, digest, observe, label } = this.#parts;
    const taken = new Set([...this.#members.values()].map(({ plan }) => plan.index));
    let index = 0;
    while (taken.has(index)) index++;
    const plan: StartPlan = { index, ...this.#threads };
    const instance: Instance = new Instance({
      digest,
      limits,
      clock,
      random,
      schedule,
      log,
      start: (signal) => this.#parts.start(plan, signal),
      warm: (runner) => this.#warm(runner),
      onChange: () => this.#onChange(instance),
      onStartFailed: (error, died) => {
        if (this.usable.length === 0) this.#parts.onStartFailed(error, died);
      },
      onRunnerEnd: (end) => observe({ kind: 'runner-ended', of: label(), reason: end }),
    });
    this.#members.set(instance, { instance, plan, replaces, reason, idleSince: clock.now() });
    this.#all.add(instance);
  }

  #onChange(instance: Instance): void {
    const member = this.#members.get(instance);
    if (instance.state === 'dead') {
      this.#members.delete(instance);
      void instance.whenEnded().then(() => this.#all.delete(instance));
    } else if (instance.usable && member !== undefined) {
      for (const old of member.replaces) old.drain(member.reason);
      if (!this.#closed) this.#replan();
    }
    this.#parts.onChange();
  }

  async #warm(runner: Runner): Promise<void> {
    const { book, signatures, settings, random, ticks, log, deviceOf } = this.#parts;
    if (this.#warmUpKills) return;
    // The first one finds out; the others only need their first run behind them.
    const first = !this.#warmed;
    this.#warmed = true;
    const everySize = deviceOf(0) !== 'cpu';
    try {
      await warmUp(runner, book, { signatures, shapes: settings.warmUp, first, everySize, random, ticks, log });
    } catch (error) {
      if (!(error instanceof RunnerDied)) throw error;
      this.#warmUpKills = true;
      throw error;
    }
  }
}
