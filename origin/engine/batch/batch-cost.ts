import { Knee } from './knee.js';
import { type CostLine, SizeCosts } from './size-costs.js';

/** What batches of one bucket cost, learned from the runs themselves. Its memory is bounded. */
export class BatchCost {
  readonly #sizes = new SizeCosts();
  readonly #knee = new Knee();

  /**
   * A run of so many rows took so long in the runner. `effortMs` is what batches are compared by: processor time where
   * other processes want the same cores, because a small batch on a quiet machine must not win over a large one on a
   * busy one.
   */
  observe(rows: number, ms: number, effortMs = ms): void {
    if (rows < 1 || !(ms >= 0) || !(effortMs >= 0)) return;
    this.#sizes.observe(rows, ms);
    this.#knee.observe(rows, effortMs);
  }

  /** What was measured elsewhere, until enough was measured here. */
  expect(prior: CostLine | undefined): void {
    this.#sizes.prior = prior;
  }

  /** Undefined until enough was measured to say. */
  estimateMs(rows: number): number | undefined {
    return this.#sizes.estimateMs(rows);
  }

  /** The line that fits what was measured; undefined until two sizes were. */
  line(): CostLine | undefined {
    return this.#sizes.line();
  }

  /** The most rows that are worth running together, or worth trying: 1 at first, then 2, 4, … as long as it pays. */
  rowsLimit(maxBatch: number): number {
    return this.#knee.rowsLimit(maxBatch);
  }
}
