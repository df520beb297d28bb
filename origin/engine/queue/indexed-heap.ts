/** What a heap keeps in order; it writes down here where the thing is, so that it can be taken out of the middle. */
export interface HeapEntry {
  /** -1: in no heap. */
  heapAt: number;
}

/** A binary heap: the first by `before` on top, anything out in logarithmic time. */
export class IndexedHeap<T extends HeapEntry> {
  readonly #entries: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get top(): T | undefined {
    return this.#entries[0];
  }

  push(entry: T): void {
    this.#entries.push(entry);
    this.#rise(entry, this.#entries.length - 1);
  }

  /** Does nothing when `entry` is in no heap. */
  remove(entry: T): void {
    const at = entry.heapAt;
    if (at < 0) return;
    entry.heapAt = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    this.#rise(last, at);
    this.#sink(last, last.heapAt);
  }

  /** Puts `entry` where it belongs after it has moved back in the order. */
  moveBack(entry: T): void {
    this.#sink(entry, entry.heapAt);
  }

  #rise(entry: T, from: number): void {
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#entries[parentAt];
      if (parent === undefined || !this.#before(entry, parent)) break;
      this.#put(parent, at);
      at = parentAt;
    }
    this.#put(entry, at);
  }

  #sink(entry: T, from: number): void {
    let at = from;
    for (;;) {
      const left = this.#entries[2 * at + 1];
      const right = this.#entries[2 * at + 2];
      if (left === undefined) break;
      const rightFirst = right !== undefined && this.#before(right, left);
      const child = rightFirst ? right : left;
      if (!this.#before(child, entry)) break;
      this.#put(child, at);
      at = 2 * at + (rightFirst ? 2 : 1);
    }
    this.#put(entry, at);
  }

  #put(entry: T, at: number): void {
    this.#entries[at] = entry;
    entry.heapAt = at;
  }
}
