import type { BrinkError } from '../../shared/errors/brink-error.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { Deadline } from '../../shared/time/deadline.js';
import type { Cancel, Schedule } from './schedule.js';

export interface RunRequest {
  readonly graph: string;
  readonly inputs: readonly Tensor[];
  readonly deadline: Deadline;
  /** The request that this run is for; runs of one request take turns with those of others. */
  readonly lane: object;
}

/** A run on its way: waiting, running, perhaps once more, settled. Settling more than once does nothing. */
export class RunItem implements RunRequest {
  readonly graph: string;
  readonly inputs: readonly Tensor[];
  readonly deadline: Deadline;
  readonly lane: object;
  readonly outputs: Promise<readonly Tensor[]>;
  /** Runners that died under it. */
  deaths = 0;
  readonly #schedule: Schedule;
  #resolve: (outputs: readonly Tensor[]) => void = () => undefined;
  #reject: (error: BrinkError) => void = () => undefined;
  #cancel: Cancel = () => undefined;

  constructor({ graph, inputs, deadline, lane }: RunRequest, schedule: Schedule) {
    this.graph = graph;
    this.inputs = inputs;
    this.deadline = deadline;
    this.lane = lane;
    this.#schedule = schedule;
    this.outputs = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Fails when its deadline passes; `onPassed` hears of it. Replaces what was watched before. */
  watch(doing: string, onPassed: () => void): void {
    this.#cancel();
    this.#cancel = this.#schedule(() => {
      this.fail(this.deadline.exceeded(doing));
      onPassed();
    }, this.deadline.leftMs());
  }

  succeed(outputs: readonly Tensor[]): void {
    this.#cancel();
    this.#resolve(outputs);
  }

  fail(error: BrinkError): void {
    this.#cancel();
    this.#reject(error);
  }
}
