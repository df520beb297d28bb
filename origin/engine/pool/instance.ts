import { type BrinkError, toBrinkError } from '../../../shared/errors/brink-error.js';
import type { Clock, Random } from '../../../shared/time/clock.js';
import { backoffMs } from '../backoff.js';
import type { RunnerEnd, RunnerStateName } from '../engine-events.js';
import type { EngineLimits } from '../engine-limits.js';
import type { Log } from '../log.js';
import { runnerFailed } from '../process/runner-errors.js';
import { RunnerDied } from '../process/runner-died.js';
import type { BatchTensor, Runner, RunResult } from '../runner.js';
import type { Cancel, Schedule } from '../schedule.js';
import { Waiters } from '../waiters.js';

type State =
  | { readonly kind: 'starting' }
  | { readonly kind: 'warming'; readonly runner: Runner }
  | { readonly kind: 'ready'; readonly runner: Runner }
  | { readonly kind: 'busy'; readonly runner: Runner; readonly since: number }
  /** Ends when its run has ended. */
  | { readonly kind: 'draining'; readonly runner: Runner; readonly reason: RunnerEnd }
  | { readonly kind: 'backing-off'; readonly until: number; readonly error: BrinkError; readonly cancel: Cancel }
  | { readonly kind: 'dead' };

export interface InstanceParts {
  readonly digest: string;
  readonly limits: Pick<EngineLimits, 'backoff' | 'heartbeatMsMax'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly schedule: Schedule;
  readonly log: Log;
  /** A new process with the version's graphs loaded; aborting ends it. Rejects with RunnerDied or BrinkError. */
  start(signal: AbortSignal): Promise<Runner>;
  /** Runs what must have run before the first request; rejects with RunnerDied only. */
  warm(runner: Runner): Promise<void>;
  /** Something changed: it can take a run, or cannot any more. */
  onChange(): void;
  /** A start has failed; it is tried again later. */
  onStartFailed(error: BrinkError, died: boolean): void;
  onRunnerEnd(reason: RunnerEnd): void;
}

/** One runner of a version, over the lives of its processes. It takes one run at a time. */
export class Instance {
  rssBytes = 0;
  busyMs = 0;
  readonly #parts: InstanceParts;
  readonly #closing = new AbortController();
  readonly #ends = new Waiters();
  #state: State = { kind: 'starting' };
  #failuresInRow = 0;
  #runs = 0;
  #ended = false;
  #starting: Promise<void>;
  #ending: Promise<unknown> = Promise.resolve();
  /** Resident memory after the first runs: what growth is counted from. */
  #warmRssBytes = 0;

  constructor(parts: InstanceParts) {
    this.#parts = parts;
    this.#starting = this.#start();
  }

  get state(): RunnerStateName {
    return this.#state.kind;
  }

  get idle(): boolean {
    return this.#state.kind === 'ready';
  }

  /** Whether it can answer now or after the run that it is in. */
  get usable(): boolean {
    return this.#state.kind === 'ready' || this.#state.kind === 'busy';
  }

  get pid(): number | undefined {
    return 'runner' in this.#state ? this.#state.runner.pid : undefined;
  }

  get busySince(): number | undefined {
    return this.#state.kind === 'busy' ? this.#state.since : undefined;
  }

  /** Until when it backs off, and why. */
  get setback(): { readonly until: number; readonly error: BrinkError } | undefined {
    return this.#state.kind === 'backing-off' ? this.#state : undefined;
  }

  /** How much its memory has grown since it was warm. */
  get grownBytes(): number {
    return this.#warmRssBytes === 0 ? 0 : this.rssBytes - this.#warmRssBytes;
  }

  /** Runs when `idle`. Rejects as `Runner.run` does; after RunnerDied it is being replaced already. */
  async run(graph: string, inputs: readonly BatchTensor[]): Promise<RunResult> {
    if (this.#state.kind !== 'ready') throw new Error('expected an idle instance');
    const { runner } = this.#state;
    const { clock } = this.#parts;
    const busy = { kind: 'busy', runner, since: clock.now() } as const;
    this.#state = busy;
    try {
      const result = await runner.run(graph, inputs);
      this.#noteRun(result);
      return result;
    } catch (error) {
      if (error instanceof RunnerDied) this.#onDeath(runner, error.message);
      throw error;
    } finally {
      this.busyMs += Math.max(0, clock.now() - busy.since);
      this.#release(busy);
    }
  }

  #noteRun({ rssBytes }: RunResult): void {
    this.#failuresInRow = 0;
    this.#runs++;
    if (rssBytes > 0) this.rssBytes = rssBytes;
    if (this.#runs <= warmRuns) this.#warmRssBytes = Math.max(this.#warmRssBytes, this.rssBytes);
  }

  #release(busy: State & { runner: Runner }): void {
    if (this.#state === busy) this.#state = { kind: 'ready', runner: busy.runner };
    else if (this.#state.kind === 'draining' && this.#state.runner === busy.runner) this.#end(this.#state.reason);
  }

  /** Asks an idle runner whether it lives, and ends one that does not say so in time. Never rejects. */
  async beat(): Promise<void> {
    if (this.#state.kind !== 'ready') return;
    const { runner } = this.#state;
    const cancel = this.#parts.schedule(() => this.#replace(runner, 'silent'), this.#parts.limits.heartbeatMsMax);
    try {
      this.rssBytes = (await runner.ping()).rssBytes;
    } catch {
      // Its death is told by `ended`.
    } finally {
      cancel();
    }
  }

  /** Cancelling is killing: ends the process in the middle of its run, and starts another. */
  cancelRun(): void {
    if (this.#state.kind === 'busy') this.#replace(this.#state.runner, 'overrun');
    else if (this.#state.kind === 'draining') this.#end('overrun');
  }

  /** Not counted as the version's failure. */
  #replace(runner: Runner, reason: RunnerEnd): void {
    if (!this.#has(runner)) return;
    this.#parts.log({ event: `runner-${reason}`, digest: this.#parts.digest, pid: runner.pid });
    this.#restart();
    this.#kill(runner, reason);
  }

  /** Ends when the run that it is in has ended. */
  drain(reason: RunnerEnd): void {
    if (this.#state.kind === 'busy') this.#state = { kind: 'draining', runner: this.#state.runner, reason };
    else if (this.#state.kind !== 'draining') this.#end(reason);
  }

  /** Ends at once. */
  close(reason: RunnerEnd = 'closed'): void {
    this.#end(reason);
  }

  /** Resolves when it is dead and no process is left. */
  async whenEnded(): Promise<void> {
    if (!this.#ended) await this.#ends.wait();
  }

  #end(reason: RunnerEnd): void {
    const state = this.#state;
    if (state.kind === 'dead') return;
    this.#state = { kind: 'dead' };
    this.#closing.abort();
    if (state.kind === 'backing-off') state.cancel();
    if ('runner' in state) this.#kill(state.runner, reason);
    // A start under way ends what it has started, and says so in `ending`.
    void this.#starting
      .then(() => this.#ending)
      .then(() => {
        this.#ended = true;
        this.#ends.settle();
      });
    this.#parts.onChange();
  }

  #kill(runner: Runner, reason: RunnerEnd): void {
    runner.kill();
    this.#ending = Promise.all([this.#ending, runner.ended]);
    this.#parts.onRunnerEnd(reason);
  }

  #onDeath(runner: Runner, why: string): void {
    if (!this.#has(runner)) return;
    const { log, digest } = this.#parts;
    log({ event: 'runner-died', digest, pid: runner.pid, why });
    const { kind } = this.#state;
    this.#failuresInRow++;
    this.#kill(runner, 'died');
    if (kind === 'draining') this.#end('died');
    else this.#restart(runnerFailed());
  }

  #restart(error?: BrinkError): void {
    const { limits, random, clock, schedule } = this.#parts;
    // The same bytes fail the same golden: that is tried again as rarely as anything.
    const failuresInRow = error?.code === 'golden-failed' ? Infinity : this.#failuresInRow;
    const delayMs = error === undefined ? 0 : backoffMs(failuresInRow, limits.backoff, random);
    if (delayMs === 0 || error === undefined) {
      this.#state = { kind: 'starting' };
      this.#starting = this.#start();
    } else {
      const cancel = schedule(() => this.#restart(), delayMs);
      this.#state = { kind: 'backing-off', until: clock.now() + delayMs, error, cancel };
    }
    this.#parts.onChange();
  }

  /** Never rejects. */
  async #start(): Promise<void> {
    const { log, digest } = this.#parts;
    this.#runs = 0;
    this.#warmRssBytes = 0;
    try {
      const runner = await this.#parts.start(this.#closing.signal);
      if (this.#state.kind === 'dead') {
        this.#kill(runner, 'closed');
        return;
      }
      this.#state = { kind: 'warming', runner };
      void runner.ended.then((why) => this.#onDeath(runner, why));
      await this.#parts.warm(runner);
      if (!this.#has(runner)) return; // it died, or was closed, meanwhile
      this.#state = { kind: 'ready', runner };
      log({ event: 'runner-ready', digest, pid: runner.pid });
      void this.beat(); // how much memory it takes before its first run
      this.#parts.onChange();
    } catch (error) {
      if (this.#state.kind === 'starting') this.#onStartFailed(error);
    }
  }

  #has(runner: Runner): boolean {
    return 'runner' in this.#state && this.#state.runner === runner;
  }

  #onStartFailed(error: unknown): void {
    this.#parts.log({ event: 'runner-start-failed', digest: this.#parts.digest, error: String(error) });
    const died = error instanceof RunnerDied;
    const failure = died ? runnerFailed() : toBrinkError(error);
    this.#failuresInRow = Math.max(2, this.#failuresInRow + 1); // a start that fails is never repeated at once
    this.#parts.onRunnerEnd('start-failed');
    this.#parts.onStartFailed(failure, died);
    this.#restart(failure);
  }
}

/** Runs until a runner's memory is what it stays at: arenas grow with the first ones. */
const warmRuns = 32;
