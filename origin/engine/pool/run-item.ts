import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Caller } from '../../../shared/engine/engine.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import type { Deadline } from '../../../shared/time/deadline.js';
import type { Cancel, Schedule } from '../schedule.js';
import type { Placed } from './batch-book.js';

export interface RunRequest {
  readonly graph: string;
  readonly inputs: readonly Tensor[];
  readonly deadline: Deadline;
  /** The request that this run is for; runs of one request take turns with those of others. */
  readonly lane: object;
  /** 1 is the first; 0 the last there is. */
  readonly priority?: number;
  /** Aborts when the caller has gone. */
  readonly signal?: AbortSignal | undefined;
  readonly noteRun?: Caller['noteRun'];
  readonly lendOutputs?: Caller['lendOutputs'];
}

/** Where a run stands in the queue, and whom it may share a batch with. */
export interface Place extends Placed {
  readonly level: number;
}

/** A run on its way: waiting, running, perhaps once more, settled. Settling more than once does nothing. */
export class RunItem {
  readonly graph: string;
  readonly deadline: Deadline;
  readonly lane: object;
  readonly level: number;
  readonly rows: number;
  readonly inputs: readonly Tensor[];
  readonly cuts: Placed['cuts'];
  readonly enqueuedAt: number;
  readonly outputs: Promise<readonly Tensor[]>;
  readonly noteRun: Caller['noteRun'];
  readonly lendOutputs: Caller['lendOutputs'];
  bucket: string;
  /** Runners that died under it. */
  deaths = 0;
  /** What it is doing, for the error of a deadline that passes. */
  doing = 'waiting for the model';
  /** Its batch failed: from now on it runs by itself. */
  alone = false;
  settled = false;
  readonly #signal: AbortSignal | undefined;
  readonly #cancelTimer: Cancel;
  #leave: () => void = () => undefined;
  #resolve: (outputs: readonly Tensor[]) => void = () => undefined;
  #reject: (error: BrinkError) => void = () => undefined;

  /** `now` is of the clock that times runs. */
  constructor(request: RunRequest, place: Place, now: number, schedule: Schedule) {
    this.graph = request.graph;
    this.deadline = request.deadline;
    this.lane = request.lane;
    this.level = place.level;
    this.bucket = place.bucket;
    this.rows = place.rows;
    this.inputs = place.inputs;
    this.cuts = place.cuts;
    this.enqueuedAt = now;
    this.noteRun = request.noteRun;
    this.lendOutputs = request.lendOutputs;
    this.#signal = request.signal;
    this.outputs = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#cancelTimer = schedule(() => this.#giveUp(this.deadline.exceeded(this.doing)), this.deadline.leftMs());
    this.#signal?.addEventListener('abort', this.#onAbort);
  }

  /** What to do when it is given up (its deadline has passed, its caller has gone) before it is settled. */
  onGivenUp(leave: () => void): void {
    this.#leave = leave;
  }

  /** From now on it shares a batch with nobody. */
  isolate(): void {
    this.alone = true;
    this.bucket = `alone ${(isolated += 1)}`;
  }

  succeed(outputs: readonly Tensor[]): void {
    this.#settle();
    this.#resolve(outputs);
  }

  fail(error: BrinkError): void {
    this.#settle();
    this.#reject(error);
  }

  readonly #onAbort = (): void => this.#giveUp(cancelled(this.doing));

  #giveUp(error: BrinkError): void {
    if (this.settled) return;
    this.fail(error);
    this.#leave();
  }

  #settle(): void {
    if (this.settled) return;
    this.settled = true;
    this.#cancelTimer();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

/** Nobody reads it; it is for the log and the counters. */
export const cancelled = (doing: string): BrinkError => new BrinkError('cancelled', `the caller left while ${doing}`);

/** Makes buckets of one; only ever compared with others of this process. */
let isolated = 0;
