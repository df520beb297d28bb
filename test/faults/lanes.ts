import { vi } from 'vitest';
import { soon } from './fault-stack.js';
import type { Outcome } from './outcome.js';

/** Callers that ask one after the other until they are told to stop. */
export class Lanes {
  readonly #outcomes: Outcome[] = [];
  readonly #running: Promise<void>[];
  #stopped = false;

  constructor(asks: readonly (() => Promise<Outcome>)[], ofEach: number) {
    this.#running = asks.flatMap((ask) => Array.from({ length: ofEach }, () => this.#lane(ask)));
  }

  /** Waits until so many more were answered. */
  async served(count: number): Promise<void> {
    const wanted = this.#outcomes.length + count;
    await vi.waitFor(() => {
      if (this.#outcomes.length < wanted) throw new Error(`expected ${wanted} answers`);
    }, soon);
  }

  async saw(wanted: (outcome: Outcome) => boolean): Promise<void> {
    await vi.waitFor(() => {
      if (!this.#outcomes.some(wanted)) throw new Error('expected an answer that has not come yet');
    }, soon);
  }

  async stop(): Promise<readonly Outcome[]> {
    this.#stopped = true;
    await Promise.all(this.#running);
    return this.#outcomes;
  }

  async #lane(ask: () => Promise<Outcome>): Promise<void> {
    while (!this.#stopped) this.#outcomes.push(await ask());
  }
}
