import type { VersionLabel } from '../engine/engine-events.js';
import { copyTensors } from '../../shared/protocol/copy-tensors.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { CacheSnapshot } from './cache-event.js';
import { heldBytes } from './held-bytes.js';

/** An answer larger than this part of the whole would drive out many small ones for one. */
const entryShareMax = 1 / 8;
/** Key, map and list of one answer. */
const entryBytes = 256;

interface Entry {
  readonly digest: string;
  readonly outputs: readonly Tensor[];
  readonly bytes: number;
}

/** The answers kept of one model: bounded in bytes, the one used least recently goes first. */
export class AnswerStore {
  readonly #entries = new Map<string, Entry>();
  readonly #versions = new Map<string, { of: VersionLabel; entries: number; bytes: number }>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** A copy: nothing that happens to it changes what is kept. */
  get(key: string): readonly Tensor[] | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return copyTensors(entry.outputs);
  }

  /** Keeps a copy, unless it is too large. */
  put(key: string, of: VersionLabel, outputs: readonly Tensor[], bytesMax: number): void {
    const bytes = heldBytes(outputs) + entryBytes;
    this.#delete(key);
    if (bytes > bytesMax * entryShareMax) return;
    this.#entries.set(key, { digest: of.digest, outputs: copyTensors(outputs), bytes });
    this.#bytes += bytes;
    const version = this.#versions.get(of.digest) ?? { of, entries: 0, bytes: 0 };
    this.#versions.set(of.digest, { of, entries: version.entries + 1, bytes: version.bytes + bytes });
    this.trim(bytesMax);
  }

  trim(bytesMax: number): void {
    for (const key of this.#entries.keys()) {
      if (this.#bytes <= bytesMax) return;
      this.#delete(key);
    }
  }

  dropVersions(isDropped: (digest: string) => boolean): void {
    if (![...this.#versions.keys()].some(isDropped)) return;
    for (const [key, { digest }] of this.#entries) if (isDropped(digest)) this.#delete(key);
  }

  snapshot(): CacheSnapshot[] {
    return [...this.#versions.values()].map((version) => ({ ...version }));
  }

  #delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    const version = this.#versions.get(entry.digest);
    if (version === undefined) return;
    version.entries -= 1;
    version.bytes -= entry.bytes;
    if (version.entries === 0) this.#versions.delete(entry.digest);
  }
}
