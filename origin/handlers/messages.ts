import type { HandlerInput, Json } from '../../shared/handler/handler.js';
import type { Outcome } from '../../shared/errors/brink-error.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

/** One prediction, as it goes to a worker thread. */
export interface PredictMessage {
  readonly type: 'predict';
  readonly id: number;
  readonly handler: { readonly name: string; readonly version: number };
  /** Under which the worker keeps the files. */
  readonly digest: string;
  readonly files: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, Json>>;
  readonly input: HandlerInput;
  /** Time left when it was sent. */
  readonly budgetMs: number;
}

/** The answer to one `run` of the handler. */
export interface RanMessage {
  readonly type: 'ran';
  readonly runId: number;
  readonly outcome: Outcome<readonly Tensor[]>;
}

export type ToWorker = PredictMessage | RanMessage;

export type FromWorker =
  | {
      readonly type: 'run';
      readonly id: number;
      readonly runId: number;
      readonly graph: string;
      readonly inputs: readonly Tensor[];
    }
  /** `detail` is for the log and never for a caller. */
  | { readonly type: 'done'; readonly id: number; readonly outcome: Outcome<Json>; readonly detail?: string };
