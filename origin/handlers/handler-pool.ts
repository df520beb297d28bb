import { availableParallelism } from 'node:os';
import type { Json } from '../../shared/handler/handler.js';
import type { Log } from '../engine/log.js';
import { queueFull, shuttingDown } from '../engine/process/runner-errors.js';
import { type Cancel, type Schedule, systemSchedule } from '../engine/schedule.js';
import { HandlerWorker, type Prediction } from './handler-worker.js';

export interface HandlerPoolOptions {
  /** The bundled worker, `dist/origin/handler-worker.js`. */
  readonly workerJs: string;
  readonly log: Log;
  /** Default: as many as there are cores. */
  readonly workers?: number;
  /** Predictions that wait for a worker. */
  readonly queueItemsMax?: number;
  readonly heapMaxMib?: number;
  /** How far past its deadline a handler may come back with an answer of its own before its thread is replaced. */
  readonly overrunMsMax?: number;
  readonly schedule?: Schedule;
}

interface Waiting {
  readonly prediction: Prediction;
  resolve(value: Json): void;
  reject(error: unknown): void;
  cancel: Cancel;
}

/** Runs handlers in worker threads, so that decoding a large image stalls nobody. First in, first out. */
export class HandlerPool {
  readonly #options: Required<HandlerPoolOptions>;
  readonly #workers = new Set<HandlerWorker>();
  readonly #idle: HandlerWorker[] = [];
  readonly #waiting = new Set<Waiting>();
  #closed = false;

  constructor(options: HandlerPoolOptions) {
    const workers = availableParallelism();
    const defaults = { workers, queueItemsMax: 256, heapMaxMib: 512, overrunMsMax: 250, schedule: systemSchedule };
    this.#options = { ...defaults, ...options };
    for (let index = 0; index < this.#options.workers; index++) this.#add();
  }

  /**
   * Rejects with what the handler throws, `handler-missing`, `handler-failed`, `queue-full`, `shutting-down`, or
   * `deadline-exceeded`: in the queue, or in the handler, whose thread is then replaced unless it ends soon.
   */
  predict(prediction: Prediction): Promise<Json> {
    return new Promise((resolve, reject) => {
      prediction.deadline.check('waiting for a handler');
      if (this.#closed) throw shuttingDown();
      const { queueItemsMax, schedule } = this.#options;
      if (this.#waiting.size >= queueItemsMax) {
        throw queueFull('predictions to wait for a handler', queueItemsMax, this.#waiting.size + 1);
      }
      const waiting: Waiting = { prediction, resolve, reject, cancel: () => undefined };
      waiting.cancel = schedule(() => {
        this.#waiting.delete(waiting);
        reject(prediction.deadline.exceeded('waiting for a handler'));
      }, prediction.deadline.leftMs());
      this.#waiting.add(waiting);
      this.#advance();
    });
  }

  /** Ends all threads at once; what waits or runs fails. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#waiting) {
      waiting.cancel();
      waiting.reject(shuttingDown());
    }
    this.#waiting.clear();
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  #add(): void {
    const { workerJs, heapMaxMib, log } = this.#options;
    const worker: HandlerWorker = new HandlerWorker({
      workerJs,
      heapMaxMib,
      log,
      onEnd: () => this.#remove(worker),
    });
    this.#workers.add(worker);
    this.#idle.push(worker);
  }

  #advance(): void {
    for (const waiting of this.#waiting) {
      // A thread that ended is replaced when one is needed, not before: threads that end at once would spin.
      if (this.#idle.length === 0 && this.#workers.size < this.#options.workers) this.#add();
      const worker = this.#idle.shift();
      if (worker === undefined) return;
      this.#waiting.delete(waiting);
      waiting.cancel();
      this.#assign(worker, waiting);
    }
  }

  #assign(worker: HandlerWorker, { prediction, ...waiting }: Waiting): void {
    const { schedule, overrunMsMax, log } = this.#options;
    const { deadline, digest } = prediction;
    let cancel = schedule(() => {
      waiting.reject(deadline.exceeded('the handler worked'));
      cancel = schedule(() => {
        log({ event: 'handler-overrun', digest });
        void worker.terminate();
      }, overrunMsMax);
    }, deadline.leftMs());
    const done = (): void => {
      cancel();
      if (!this.#workers.has(worker)) return;
      this.#idle.push(worker);
      this.#advance();
    };
    void worker
      .predict(prediction)
      .then(
        (value) => waiting.resolve(value),
        (error: unknown) => waiting.reject(error),
      )
      .finally(done);
  }

  #remove(worker: HandlerWorker): void {
    this.#workers.delete(worker);
    const index = this.#idle.indexOf(worker);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#closed) return;
    this.#options.log({ event: 'handler-thread-ended' });
    this.#advance();
  }
}
