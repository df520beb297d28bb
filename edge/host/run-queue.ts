import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Deadline } from '../../shared/time/deadline.js';

/** How many runs may wait for their turn; more would only grow old. */
export const waitingRunsMax = 64;

interface Job {
  readonly start: () => Promise<void>;
  settled: boolean;
}

/**
 * One run at a time in the wasm, first come first served, and none that is too late when its turn comes.
 *
 * Everyone who waits works the queue off until his own job is done, each in the context of his own request. Handing the
 * turn from one request to the next would be simpler, and hangs: a request whose caller has left is stopped at its next
 * await and hands on nothing. A job itself cannot be stopped half-way, because it awaits no I/O (a run and the creation
 * of a session are microtasks from end to end; measured: no timer fires between).
 */
export class RunQueue {
  readonly #jobs: Job[] = [];
  readonly #turn: () => Promise<void>;
  #busy = false;

  /** `turn` takes one I/O turn: it lets others in, and moves the clock, which stands still while a Worker computes. */
  constructor(turn: () => Promise<void>) {
    this.#turn = turn;
  }

  async run<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    if (this.#jobs.length >= waitingRunsMax) {
      throw new BrinkError(
        'queue-full',
        `expected at most ${waitingRunsMax} runs to wait, this would be number ${this.#jobs.length + 1}`,
        { retryAfterMs: 1_000 },
      );
    }
    let outcome: { value: T } | { error: unknown } | undefined;
    const job: Job = {
      settled: false,
      start: async () => {
        try {
          deadline.check('the run waited for its turn');
          outcome = { value: await work() };
        } catch (error) {
          outcome = { error };
        }
      },
    };
    this.#jobs.push(job);
    await this.#workOff(job);
    if (outcome === undefined) throw new Error('a run was settled without an outcome');
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  async #workOff(own: Job): Promise<void> {
    for (;;) {
      await this.#startNext();
      if (own.settled) return;
      await this.#turn();
    }
  }

  async #startNext(): Promise<void> {
    if (this.#busy) return;
    const job = this.#jobs.shift();
    if (job === undefined) return;
    this.#busy = true;
    try {
      await job.start();
    } finally {
      this.#busy = false;
      job.settled = true;
    }
  }
}
