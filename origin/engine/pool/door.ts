import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { ModelSettings } from '../../settings/model-settings.js';
import { ConcurrencyLimit } from '../admission/concurrency-limit.js';
import { estimatedWaitMs, refusalAtTheDoor, retryAfterMs } from '../admission/wait-estimate.js';
import type { BatchCost } from '../batch/batch-cost.js';
import type { RefusalReason } from '../engine-events.js';

/** How things stand when somebody asks to be let in. */
export interface Crowd {
  /** Runs that wait, and those with what runs. */
  readonly queued: number;
  readonly inFlight: number;
  /** Until the newcomer's deadline. */
  readonly leftMs: number;
  readonly rowsAhead: number;
  readonly rows: number;
  /** Of what is asked for, or of what waits; undefined when nothing is known. */
  readonly cost: BatchCost | undefined;
  readonly rowsLimit: number;
  /** For each instance that serves, how long its run still takes. */
  readonly remainingMs: readonly number[];
}

export interface Refusal {
  readonly reason: RefusalReason;
  readonly error: BrinkError;
}

/** Who may join the queue of a version. What would only wait in vain is told so at once, and when to come again. */
export class Door {
  readonly #queueItemsMax: number;
  readonly #limit: ConcurrencyLimit;
  readonly #concurrencyMin: number;

  constructor({ queueItemsMax, concurrencyMin }: Pick<ModelSettings, 'queueItemsMax' | 'concurrencyMin'>) {
    this.#queueItemsMax = queueItemsMax;
    this.#concurrencyMin = concurrencyMin;
    this.#limit = new ConcurrencyLimit({ min: concurrencyMin, initial: concurrencyMin });
  }

  get limit(): number {
    return this.#limit.limit;
  }

  /** A run was answered: how long it took from the door, and how many were in flight. */
  sample(latencyMs: number, inFlight: number): void {
    this.#limit.sample({ latencyMs, inFlight });
  }

  /** A run was let in and ran out of time. */
  dropped(): void {
    this.#limit.dropped();
  }

  /** What all instances run at once, twice: less would leave some of them idle. */
  raiseFloor(rowsAtOnce: number): void {
    this.#limit.raiseFloor(Math.max(this.#concurrencyMin, 2 * rowsAtOnce));
  }

  /** Whether whoever asks is refused, however little he asks for and however long he would wait. */
  isFull(queued: number, inFlight: number): boolean {
    return queued >= this.#queueItemsMax || inFlight >= this.limit;
  }

  refusal(crowd: Crowd): Refusal | undefined {
    const { queued, inFlight, leftMs, cost } = crowd;
    const backlog = { ...crowd, estimateMs: (rows: number) => cost?.estimateMs(rows) };
    const after = (): { retryAfterMs: number } => ({ retryAfterMs: retryAfterMs(estimatedWaitMs(backlog)) });
    if (queued >= this.#queueItemsMax) {
      const text = `expected at most ${this.#queueItemsMax} requests to wait for this model, got ${queued + 1}`;
      return { reason: 'queue-full', error: new BrinkError('queue-full', text, after()) };
    }
    if (inFlight >= this.limit) {
      const text = `expected at most ${this.limit} requests at once for this model at this load, got ${inFlight + 1}`;
      return { reason: 'overloaded', error: new BrinkError('overloaded', text, after()) };
    }
    const late = refusalAtTheDoor(backlog, leftMs);
    return late === undefined ? undefined : { reason: 'deadline', error: late };
  }
}
