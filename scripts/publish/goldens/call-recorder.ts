import type { Tensor } from '../../../shared/protocol/tensor.js';

/** Keeps calls out of however many come, spread evenly over all of them, in memory of twice as many. */
export class CallRecorder {
  readonly #max: number;
  #kept: { readonly call: number; readonly inputs: readonly Tensor[] }[] = [];
  #calls = 0;
  #stride = 1;

  constructor(max: number) {
    this.#max = max;
  }

  /** The tensors are copied where they are kept: whoever made them may go on with them. */
  add(inputs: readonly Tensor[]): void {
    const call = this.#calls++;
    if (call % this.#stride !== 0) return;
    this.#kept.push({ call, inputs: inputs.map(copied) });
    if (this.#kept.length < 2 * this.#max) return;
    this.#stride *= 2;
    this.#kept = this.#kept.filter((one) => one.call % this.#stride === 0);
  }

  /** In the order in which they came; `call` counts from 1. */
  calls(): readonly { readonly call: number; readonly inputs: readonly Tensor[] }[] {
    const step = Math.max(1, this.#kept.length / this.#max);
    return this.#kept
      .filter((_, at) => at === 0 || Math.floor(at / step) !== Math.floor((at - 1) / step))
      .map(({ call, inputs }) => ({ call: call + 1, inputs }));
  }
}

const copied = (tensor: Tensor): Tensor => ({ ...tensor, shape: [...tensor.shape], data: tensor.data.slice() });
