/** Whether axis 0 was found to be a batch axis. */
export type BatchAxisState = 'untried' | 'independent' | 'not-a-batch';

/** What one trial has shown. */
export type BatchAxisVerdict = 'independent' | 'not-a-batch' | 'inconclusive';

/** Trials that show nothing before the axis is taken not to be one. */
export const inconclusiveTriesMax = 8;

/**
 * What is known of one graph's axis 0. It is never assumed: two items are run alone and together, and compared.
 *
 * Trials that cannot tell (items that are all alike) end in `not-a-batch`, not in `independent`: without batches an
 * answer is slower, with wrong batches it is wrong; and each trial costs the work twice, so it cannot go on for ever.
 */
export class BatchAxis {
  #state: BatchAxisState;
  #inconclusiveTries = 0;

  constructor(state: BatchAxisState = 'untried') {
    this.#state = state;
  }

  get state(): BatchAxisState {
    return this.#state;
  }

  /** `not-a-batch` is final, and may come late: when a batch's outputs do not fit its rows. */
  note(verdict: BatchAxisVerdict): void {
    if (this.#state === 'not-a-batch') return;
    if (verdict === 'inconclusive') {
      if (this.#state === 'untried' && ++this.#inconclusiveTries >= inconclusiveTriesMax) this.#state = 'not-a-batch';
    } else {
      this.#state = verdict;
    }
  }
}
