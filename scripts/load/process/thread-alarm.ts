import type { URL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Alarm } from './open-loop.js';

/** A thread that sleeps much longer could not be told otherwise: further moments are slept towards in steps. */
const sleepMsMax = 100;

/** An alarm by a thread that sleeps, on the clock `now` of this process's threads. */
export class ThreadAlarm implements Alarm {
  readonly #thread: Worker;
  readonly #now: () => number;
  /** One moment at a time is told to the thread: a moment that was cancelled is slept out, at most `sleepMsMax`. */
  #asleep = false;
  #pending: { readonly atMs: number; readonly wake: () => void } | undefined;

  constructor(script: URL, now: () => number) {
    this.#now = now;
    this.#thread = new Worker(script);
    this.#thread.unref();
    this.#thread.on('message', () => this.#ring());
  }

  at(atMs: number, wake: () => void): void {
    this.#pending = { atMs, wake };
    if (!this.#asleep) this.#sleep(atMs);
  }

  cancel(): void {
    this.#pending = undefined;
  }

  #ring(): void {
    this.#asleep = false;
    const pending = this.#pending;
    if (pending === undefined) return;
    if (this.#now() < pending.atMs) {
      this.#sleep(pending.atMs);
      return;
    }
    this.#pending = undefined;
    pending.wake();
  }

  #sleep(atMs: number): void {
    this.#asleep = true;
    this.#thread.postMessage(Math.min(atMs, this.#now() + sleepMsMax));
  }
}
