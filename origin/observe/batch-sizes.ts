import type { InferBatchStatistics } from '../../shared/protocol/serving-messages.js';
import { DurationSum } from './duration-sum.js';

/** Sizes that are told apart, of one version. Beyond, a run counts under the next power of two: there are few of those. */
const sizesMax = 128;

interface Sums {
  readonly input: DurationSum;
  readonly infer: DurationSum;
  readonly output: DurationSum;
}

export interface BatchTimes {
  readonly inputMs: number;
  readonly inferMs: number;
  readonly outputMs: number;
}

/** Runs by the rows of their batch. */
export class BatchSizes {
  readonly #sums = new Map<number, Sums>();

  add(rows: number, { inputMs, inferMs, outputMs }: BatchTimes): void {
    const { input, infer, output } = this.#of(rows);
    input.add(inputMs);
    infer.add(inferMs);
    output.add(outputMs);
  }

  all(): InferBatchStatistics[] {
    return [...this.#sums]
      .sort(([a], [b]) => a - b)
      .map(([rows, { input, infer, output }]) => ({
        batch_size: rows,
        compute_input: input.value(),
        compute_infer: infer.value(),
        compute_output: output.value(),
      }));
  }

  #of(rows: number): Sums {
    const known = this.#sums.get(rows);
    if (known !== undefined) return known;
    const size = this.#sums.size < sizesMax ? rows : 2 ** Math.ceil(Math.log2(Math.max(1, rows)));
    const sums = this.#sums.get(size) ?? {
      input: new DurationSum(),
      infer: new DurationSum(),
      output: new DurationSum(),
    };
    this.#sums.set(size, sums);
    return sums;
  }
}
