/** Reading it is a system call or two and a file on Linux: not after every run of a quick model. */
const readEveryMs = 100;

/** The resident memory of this process, as of lately. */
export class RssGauge {
  #bytes = 0;
  #readAt = -Infinity;
  readonly #now: () => number;
  readonly #read: () => number;

  constructor(now: () => number, read: () => number) {
    this.#now = now;
    this.#read = read;
  }

  rssBytes(): number {
    const now = this.#now();
    if (now - this.#readAt >= readEveryMs) {
      this.#bytes = this.#read();
      this.#readAt = now;
    }
    return this.#bytes;
  }
}
