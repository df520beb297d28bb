interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/** Those who wait for the same thing to happen, and hear of it together. */
export class Waiters {
  #waiting: Waiter[] = [];

  wait(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Without an error: it happened. */
  settle(error?: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (error === undefined) waiter.resolve();
      else waiter.reject(error);
    }
  }
}
