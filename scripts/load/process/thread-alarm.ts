import type { URL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Alarm } from './open-loop.js';

/** A thread that sleeps much longer could not be told otherwise: further moments are slept towards in steps. */
const sleepMsMax = 100;
/** A thread wakes about so late (measured: 0.3 ms in the median): it is woken earlier, and the rest is spun away. */
const spinMsMax = 0.3;
/** Of the time to a moment at most this is spun away, so that a high rate does not cost a core. */
const spinShareMax = 0.1;

/** An alarm by a thread that sleeps, on the clock `now` of this process's threads. */
export class ThreadAlarm implements Alarm {
  readonly #thread: Worker;
  readonly #now: () => number;
  /** One moment at a time is told to the thread: a moment that was cancelled is slept out, at most `sleepMsMax`. */
  #asleep = false;
  #pending: { readonly atMs: number; readonly wakeMs: number; readonly wake: () => void } | undefined;

  constructor(script: URL, now: () => number) {
    this.#now = now;
    this.#thread = new Worker(script);
    this.#thread.unref();
    this.#thread.on('message', () => {
      this.#asleep = false;
      this.#ring();
    });
  }

  at(atMs: number, wake: () => void): void {
    const spinMs = Math.min(spinMsMax, spinShareMax * (atMs - this.#now()));
    this.#pending = { atMs, wakeMs: atMs - spinMs, wake };
    if (!this.#asleep) this.#sleep(this.#pending.wakeMs);
  }

  cancel(): void {
    this.#pending = undefined;
  }

  readonly #ring = (): void => {
    const pending = this.#pending;
    if (pending === undefined || this.#asleep) return;
    const nowMs = this.#now();
    if (nowMs < pending.wakeMs) {
      this.#sleep(pending.wakeMs);
    } else if (nowMs < pending.atMs) {
      setImmediate(this.#ring); // what has come is read in between
    } else {
      this.#pending = undefined;
      pending.wake();
    }
  };

  #sleep(untilMs: number): void {
    this.#asleep = true;
    this.#thread.postMessage(Math.min(untilMs, this.#now() + sleepMsMax));
  }
}
