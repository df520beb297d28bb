import { Worker } from 'node:worker_threads';
import { BrinkError, fromFailure, outcomeOf } from '../../shared/errors/brink-error.js';
import type { HandlerInput, Json } from '../../shared/handler/handler.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { Deadline } from '../../shared/time/deadline.js';
import type { Log } from '../engine/log.js';
import type { FromWorker, ToWorker } from './messages.js';
import { buffersOf, compactTensors } from './tensor-transfer.js';

/** One prediction as the pool is asked for it. */
export interface Prediction {
  readonly digest: string;
  readonly handler: { readonly name: string; readonly version: number };
  /** Paths of the version's files, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, Json>>;
  readonly input: HandlerInput;
  readonly deadline: Deadline;
  /** Runs a graph of the version; the outputs are the worker's from then on. */
  run(graph: string, inputs: readonly Tensor[]): Promise<readonly Tensor[]>;
}

interface Job {
  readonly id: number;
  readonly prediction: Prediction;
  resolve(value: Json): void;
  reject(error: BrinkError): void;
}

export interface HandlerWorkerOptions {
  /** The bundled worker, `dist/origin/handler-worker.js`. */
  readonly workerJs: string;
  /** Of JavaScript objects; what lies in buffers is not counted by V8. */
  readonly heapMaxMib: number;
  readonly log: Log;
  /** Its thread has ended, of itself or terminated. */
  readonly onEnd: () => void;
}

/** One worker thread that runs handlers, one prediction at a time. */
export class HandlerWorker {
  readonly #worker: Worker;
  readonly #options: HandlerWorkerOptions;
  #job: Job | undefined;
  #nextId = 1;
  #ended = false;

  constructor(options: HandlerWorkerOptions) {
    this.#options = options;
    this.#worker = new Worker(options.workerJs, {
      env: {}, // nothing of the server's: handlers read files that others published
      resourceLimits: { maxOldGenerationSizeMb: options.heapMaxMib },
    });
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (status) => this.#fail(new Error(`the thread ended with status ${status}`)));
  }

  /** Whether it is in the middle of a prediction, waited for or not. */
  get busy(): boolean {
    return this.#job !== undefined;
  }

  /** Rejects with what the handler throws, or `handler-failed` when the thread does not survive. Not while `busy`. */
  predict(prediction: Prediction): Promise<Json> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#job = { id, prediction, resolve, reject };
      const { digest, handler, files, settings, input, deadline } = prediction;
      // One copy, then transferred: the body's buffer is the caller's, and may hold far more than these bytes.
      const bytes = new Uint8Array(input.bytes);
      this.#send(
        {
          type: 'predict',
          id,
          digest,
          handler,
          files,
          settings,
          input: { ...input, bytes },
          budgetMs: deadline.leftMs(),
        },
        [bytes.buffer],
      );
    });
  }

  /** Ends the thread in whatever it does. There is no onnxruntime in it, so this is safe. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #send(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromWorker): void {
    const job = this.#job;
    if (job?.id !== message.id) return; // a run that outlived its prediction: nobody waits for it
    switch (message.type) {
      case 'run':
        void this.#run(job, message);
        return;
      case 'done':
        this.#job = undefined;
        if (message.outcome.ok) {
          job.resolve(message.outcome.value);
          return;
        }
        job.reject(withCause(fromFailure(message.outcome.failure), message.detail));
        return;
    }
  }

  /** Never rejects. */
  async #run(job: Job, { runId, graph, inputs }: Extract<FromWorker, { type: 'run' }>): Promise<void> {
    const { log } = this.#options;
    const outcome = await outcomeOf(
      async () => compactTensors(await job.prediction.run(graph, inputs)),
      (cause) => log({ event: 'handler-run-failed', graph, cause: String(cause) }),
    );
    if (this.#job !== job || this.#ended) return;
    this.#send({ type: 'ran', runId, outcome }, outcome.ok ? buffersOf(outcome.value) : []);
  }

  #fail(cause: Error): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#options.onEnd();
    }
    const job = this.#job;
    this.#job = undefined;
    job?.reject(
      new BrinkError('handler-failed', 'the thread that ran the model’s handler ended before it answered', {
        cause,
        retryAfterMs: 1_000,
      }),
    );
  }
}

function withCause(error: BrinkError, cause: string | undefined): BrinkError {
  if (cause === undefined) return error;
  const { code, message, retryAfterMs } = error;
  return new BrinkError(code, message, { cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}
