/** A run that wants cores. */
export interface CoreAsk {
  /** Who runs: a model. */
  readonly key: string;
  /** Cores that the run keeps busy; more than there are count as all of them. */
  readonly threads: number;
  /** Of the time, when others want it too: 2 gets twice as much as 1. */
  readonly share: number;
  /** How long the run is expected to take; put right when it is given back. */
  readonly expectedMs: number;
}

export interface Grant {
  /** Gives the cores back. A second call does nothing. */
  release(usedMs: number): void;
}

interface Waiting {
  readonly ask: CoreAsk;
  readonly order: number;
  readonly start: (grant: Grant) => void;
}

interface Key {
  readonly name: string;
  /** Core-milliseconds used, divided by the share: who has least is next. */
  used: number;
  running: number;
  /** In the order of asking. */
  readonly waiting: Set<Waiting>;
}

/**
 * Divides the time of a machine's cores between models that compete for them: over time each that wants them gets
 * core-milliseconds in proportion to its share, however long its runs are. (Deficit round-robin with the deficits kept
 * as one account per key: the key that has had least is served next, and is charged in advance what it is expected to
 * use.) As long as cores are free, whoever asks gets them; but a run that needs more than are free, and whose turn it
 * is, has what becomes free kept for it.
 */
export class CoreShares {
  readonly #cores: number;
  readonly #keys = new Map<string, Key>();
  #free: number;
  #order = 0;
  /** What the key that was served last had used: one that was idle begins here, without credit for the past. */
  #level = 0;

  constructor({ cores }: { readonly cores: number }) {
    this.#cores = Math.max(1, cores);
    this.#free = this.#cores;
  }

  get freeCores(): number {
    return this.#free;
  }

  /** Calls `start`, which must not throw, once cores are granted, perhaps at once. Calling the result takes the ask back. */
  ask(ask: CoreAsk, start: (grant: Grant) => void): () => void {
    const key = this.#keys.get(ask.key) ?? { name: ask.key, used: 0, running: 0, waiting: new Set() };
    this.#keys.set(ask.key, key);
    if (isIdle(key)) key.used = Math.max(key.used, this.#level);
    const waiting = { ask, order: this.#order++, start };
    key.waiting.add(waiting);
    this.#advance();
    return () => {
      if (!key.waiting.delete(waiting)) return;
      this.#forgetIdle();
      this.#advance();
    };
  }

  #advance(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const [key, waiting] = next;
      const cores = this.#coresOf(waiting);
      if (cores > this.#free) return; // kept for it
      key.waiting.delete(waiting);
      waiting.start(this.#grant(key, waiting.ask, cores));
    }
  }

  #grant(key: Key, { share, expectedMs }: CoreAsk, cores: number): Grant {
    this.#free -= cores;
    key.running++;
    this.#level = Math.max(this.#level, key.used);
    const chargedMs = Math.max(0, expectedMs);
    key.used += (chargedMs * cores) / share;
    let released = false;
    return {
      release: (usedMs) => {
        if (released) return;
        released = true;
        this.#free += cores;
        key.running--;
        key.used += ((Math.max(0, usedMs) - chargedMs) * cores) / share;
        this.#forgetIdle();
        this.#advance();
      },
    };
  }

  /** The first ask of the key that has had least. */
  #next(): [Key, Waiting] | undefined {
    let next: [Key, Waiting] | undefined;
    for (const key of this.#keys.values()) {
      const [first] = key.waiting;
      if (first === undefined) continue;
      const [key1, first1] = next ?? [undefined, undefined];
      const before =
        key1 === undefined || key.used < key1.used || (key.used === key1.used && first.order < first1.order);
      if (before) next = [key, first];
    }
    return next;
  }

  #coresOf({ ask }: Waiting): number {
    return Math.min(this.#cores, Math.max(1, Math.ceil(ask.threads)));
  }

  /** Keys that want nothing and owe nothing; when nobody wants anything, all are even. */
  #forgetIdle(): void {
    const idle = [...this.#keys.values()].filter(isIdle);
    const all = idle.length === this.#keys.size;
    for (const key of idle) if (all || key.used <= this.#level) this.#keys.delete(key.name);
  }
}

function isIdle({ running, waiting }: Key): boolean {
  return running === 0 && waiting.size === 0;
}
