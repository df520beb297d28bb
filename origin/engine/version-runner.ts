import { type BrinkError, toBrinkError } from '../../shared/errors/brink-error.js';
import type { Residency } from '../../shared/engine/engine.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { Clock, Random } from '../../shared/time/clock.js';
import { backoffMs } from './backoff.js';
import { decide } from './decide.js';
import type { EngineLimits } from './engine-limits.js';
import { FairQueue } from './fair-queue.js';
import type { Log } from './log.js';
import { RunItem, type RunRequest } from './run-item.js';
import { notBefore, queueFull, runnerFailed, shuttingDown } from './process/runner-errors.js';
import { RunnerDied, type RunnerProcess } from './process/runner-process.js';
import type { Cancel, Schedule } from './schedule.js';
import { wholeTensor } from '../runner/whole-tensor.js';
import { Waiters } from './waiters.js';

type State =
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready'; readonly process: RunnerProcess }
  | { readonly kind: 'busy'; readonly process: RunnerProcess; readonly item: RunItem }
  | { readonly kind: 'backing-off'; readonly until: number; readonly error: BrinkError; readonly cancel: Cancel }
  | { readonly kind: 'dead' };

export interface VersionRunnerParts {
  readonly digest: string;
  readonly limits: EngineLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly schedule: Schedule;
  readonly log: Log;
  /** A new process with the version's graphs loaded; aborting ends it. Rejects with RunnerDied or BrinkError. */
  start(signal: AbortSignal): Promise<RunnerProcess>;
}

/** How often a run is tried: once more on a fresh runner when the first dies under it. */
const triesMax = 2;

/** The runner of one version, over the lives of its processes, and what waits for it. */
export class VersionRunner {
  readonly #parts: VersionRunnerParts;
  readonly #queue = new FairQueue<RunItem>();
  readonly #closing = new AbortController();
  /** Those who wait until the version can answer. */
  readonly #readiness = new Waiters();
  readonly #end = new Waiters();
  #state: State = { kind: 'starting' };
  #failuresInRow = 0;
  #holds = 0;
  #draining = false;
  #ended = false;
  #starting: Promise<void>;

  constructor(parts: VersionRunnerParts) {
    this.#parts = parts;
    this.#starting = this.#start();
  }

  get residency(): Residency {
    switch (this.#state.kind) {
      case 'starting':
        return 'loading';
      case 'ready':
      case 'busy':
        return 'ready';
      case 'backing-off':
        return 'failed';
      case 'dead':
        return 'absent';
    }
  }

  /** Resolves when the version is drained or closed and its process has ended. */
  async whenEnded(): Promise<void> {
    if (!this.#ended) await this.#end.wait();
  }

  /** Resolves when the version can answer; rejects with why it cannot, when the start under way fails. */
  async whenReady(): Promise<void> {
    switch (this.#state.kind) {
      case 'ready':
      case 'busy':
        return;
      case 'backing-off':
        throw this.#failedFor(this.#state);
      case 'dead':
        throw shuttingDown();
      case 'starting':
        return this.#readiness.wait();
    }
  }

  /** Keeps the version from ending while someone will run more of it. Call the result once. */
  hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
      this.#advance();
    };
  }

  /**
   * Queues a run and answers all its outputs. Errors: `queue-full`, `deadline-exceeded` (in the queue, or in the run,
   * whose process is then killed unless it ends soon), `runner-failed` after two processes died under it, and what the
   * run itself throws. A run of a request that is `admitted` already is not counted against the queue's limit.
   */
  async run(request: RunRequest, admitted = false): Promise<readonly Tensor[]> {
    const { limits, schedule, clock } = this.#parts;
    request.deadline.check('waiting for the model');
    if (this.#state.kind === 'dead') throw shuttingDown();
    if (this.#state.kind === 'backing-off') {
      const waitMsMax = Math.min(limits.backoffWaitMsMax, request.deadline.leftMs());
      if (this.#state.until - clock.now() > waitMsMax) throw this.#failedFor(this.#state);
    }
    if (!admitted && this.#queue.size >= limits.queueItemsMax) {
      throw queueFull('requests to wait for this model', limits.queueItemsMax, this.#queue.size + 1);
    }
    const item = new RunItem(request, schedule);
    this.#enqueue(item, false);
    this.#advance();
    return item.outputs;
  }

  /** Serves what waits and what is held, then ends. */
  drain(): void {
    this.#draining = true;
    this.#advance();
  }

  /** Ends at once; what waits or runs fails with `shutting-down`. */
  close(): void {
    const state = this.#state;
    if (state.kind === 'dead') return;
    this.#state = { kind: 'dead' };
    this.#closing.abort();
    for (const item of this.#queue.takeAll()) item.fail(shuttingDown());
    this.#readiness.settle(shuttingDown());
    if (state.kind === 'backing-off') state.cancel();
    if (state.kind === 'busy') state.item.fail(shuttingDown());
    const process = state.kind === 'busy' || state.kind === 'ready' ? state.process : undefined;
    process?.kill();
    void Promise.all([this.#starting, process?.ended]).then(() => {
      this.#ended = true;
      this.#end.settle();
    });
  }

  #enqueue(item: RunItem, first: boolean): void {
    if (first) this.#queue.pushFirst(item);
    else this.#queue.push(item);
    item.watch('waiting for the model', () => {
      this.#queue.remove(item);
      this.#advance();
    });
  }

  /** Does what the state asks for next. Called after every change. */
  #advance(): void {
    const state = this.#state;
    switch (state.kind) {
      case 'ready': {
        const decision = decide({ runnerFree: true, waiting: this.#queue.size });
        const item = decision.kind === 'dispatch' ? this.#queue.take() : undefined;
        if (item !== undefined) this.#dispatch(state.process, item);
        else this.#endIfDrained();
        return;
      }
      case 'starting':
      case 'backing-off':
        this.#endIfDrained();
        return;
      case 'busy':
      case 'dead':
        return;
    }
  }

  #endIfDrained(): void {
    if (this.#draining && this.#holds === 0 && this.#queue.size === 0) this.close();
  }

  #dispatch(process: RunnerProcess, item: RunItem): void {
    const busy = { kind: 'busy', process, item } as const;
    this.#state = busy;
    let overrun: Cancel = () => undefined;
    item.watch('the model ran', () => {
      overrun = this.#parts.schedule(() => this.#replaceHung(process), this.#parts.limits.overrunMsMax);
    });
    const settle = (how: () => void): void => {
      overrun();
      how();
      if (this.#state !== busy) return;
      this.#failuresInRow = 0;
      this.#state = { kind: 'ready', process };
      this.#advance();
    };
    process.run(item.graph, item.inputs.map(wholeTensor)).then(
      ({ outputs }) => settle(() => item.succeed(outputs)),
      (error: unknown) => {
        overrun();
        if (error instanceof RunnerDied) this.#onDeath(process, error.message);
        else settle(() => item.fail(toBrinkError(error)));
      },
    );
  }

  /** Cancelling is killing. Not counted as the version's failure: it was the caller's deadline that passed. */
  #replaceHung(process: RunnerProcess): void {
    if (this.#state.kind !== 'busy' || this.#state.process !== process) return;
    this.#parts.log({ event: 'runner-overrun', digest: this.#parts.digest, pid: process.pid });
    this.#restart();
    process.kill();
  }

  #onDeath(process: RunnerProcess, why: string): void {
    const state = this.#state;
    if ((state.kind !== 'ready' && state.kind !== 'busy') || state.process !== process) return;
    this.#parts.log({ event: 'runner-died', digest: this.#parts.digest, pid: process.pid, why });
    process.kill();
    this.#failuresInRow++;
    if (state.kind === 'busy') this.#tryAgain(state.item);
    this.#restart(runnerFailed());
  }

  #tryAgain(item: RunItem): void {
    item.deaths++;
    if (item.deaths >= triesMax) item.fail(runnerFailed());
    else if (!item.deadline.passed) this.#enqueue(item, true);
  }

  #restart(error?: BrinkError): void {
    const { limits, random, clock, schedule } = this.#parts;
    const delayMs = error === undefined ? 0 : backoffMs(this.#failuresInRow, limits.backoff, random);
    if (delayMs === 0 || error === undefined) {
      this.#state = { kind: 'starting' };
      this.#starting = this.#start();
      return;
    }
    const cancel = schedule(() => this.#restart(), delayMs);
    const state = { kind: 'backing-off', until: clock.now() + delayMs, error, cancel } as const;
    this.#state = state;
    for (const item of this.#queue.takeAll()) {
      if (delayMs > Math.min(limits.backoffWaitMsMax, item.deadline.leftMs())) item.fail(this.#failedFor(state));
      else this.#enqueue(item, false);
    }
    this.#advance();
  }

  /** Never rejects. */
  async #start(): Promise<void> {
    const { log, digest } = this.#parts;
    try {
      const process = await this.#parts.start(this.#closing.signal);
      if (this.#state.kind === 'dead') {
        process.kill();
        return;
      }
      this.#state = { kind: 'ready', process };
      log({ event: 'runner-ready', digest, pid: process.pid });
      void process.ended.then(() => this.#onDeath(process, 'its process ended'));
      this.#readiness.settle();
      this.#advance();
    } catch (error) {
      if (this.#state.kind !== 'dead') this.#onStartFailed(error);
    }
  }

  #onStartFailed(error: unknown): void {
    this.#parts.log({ event: 'runner-start-failed', digest: this.#parts.digest, error: String(error) });
    const died = error instanceof RunnerDied;
    const failure = died ? runnerFailed() : toBrinkError(error);
    this.#failuresInRow = Math.max(2, this.#failuresInRow + 1); // a start that fails is never repeated at once
    this.#readiness.settle(failure);
    for (const item of this.#queue.takeAll()) {
      if (died) this.#tryAgain(item);
      else item.fail(failure);
    }
    this.#restart(failure);
  }

  #failedFor({ until, error }: Extract<State, { kind: 'backing-off' }>): BrinkError {
    return notBefore(error, until - this.#parts.clock.now());
  }
}
