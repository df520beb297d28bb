/** Bytes that somebody holds until he ends it. */
export interface Holding {
  add(bytes: number): void;
  /** Again is fine. */
  end(): void;
}

/** The most that was held at once since a moment. */
export interface PeakWatch {
  readonly peakBytes: number;
  end(): void;
}

/** What this isolate holds of artifacts outside the wasm heap: the files of handlers, and weights until a session has them. */
export class ArtifactMemory {
  readonly #watches = new Set<{ peakBytes: number }>();
  #heldBytes = 0;
  #peakBytes = 0;

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Since the isolate began. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  hold(): Holding {
    let own = 0;
    return {
      add: (bytes) => {
        own += bytes;
        this.#change(bytes);
      },
      end: () => {
        this.#change(-own);
        own = 0;
      },
    };
  }

  watch(): PeakWatch {
    const watch = { peakBytes: this.#heldBytes, end: () => void this.#watches.delete(watch) };
    this.#watches.add(watch);
    return watch;
  }

  #change(bytes: number): void {
    this.#heldBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#heldBytes);
    for (const watch of this.#watches) watch.peakBytes = Math.max(watch.peakBytes, this.#heldBytes);
  }
}
