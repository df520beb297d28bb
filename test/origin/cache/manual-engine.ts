import type { Caller, Engine, Target } from '../../../shared/engine/engine.js';
import type { Json } from '../../../shared/handler/handler.js';
import type { InferRequest } from '../../../shared/protocol/infer.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import type { Deadline } from '../../../shared/time/deadline.js';

interface Run {
  readonly target: Target;
  readonly request: InferRequest;
  readonly deadline: Deadline;
  readonly caller: Caller | undefined;
  resolve(outputs: readonly Tensor[]): void;
  reject(error: Error): void;
}

/** An engine whose runs end when the test says so. */
export class ManualEngine implements Engine {
  readonly runs: Run[] = [];
  predictions = 0;

  infer(target: Target, request: InferRequest, deadline: Deadline, caller?: Caller): Promise<readonly Tensor[]> {
    return new Promise((resolve, reject) => {
      this.runs.push({ target, request, deadline, caller, resolve, reject });
    });
  }

  predict(): Promise<Json> {
    this.predictions += 1;
    return Promise.resolve('predicted');
  }

  prefetch(): Promise<void> {
    return Promise.resolve();
  }

  residency(): 'ready' {
    return 'ready';
  }

  /** The run that began last. */
  get last(): Run {
    return this.runs.at(-1)!;
  }
}
