import { readFileSync } from 'node:fs';

export type Files = Readonly<Record<string, Uint8Array>>;

/** Files of versions in a worker's memory, by digest; the one used least recently goes first. */
export class VersionFileCache {
  readonly #versions = new Map<string, Files>();
  readonly #versionsMax: number;

  constructor(versionsMax = 16) {
    this.#versionsMax = versionsMax;
  }

  get size(): number {
    return this.#versions.size;
  }

  files(digest: string, paths: Readonly<Record<string, string>>): Files {
    const known = this.#versions.get(digest);
    const files = known ?? read(paths);
    this.#versions.delete(digest);
    this.#versions.set(digest, files);
    for (const oldest of this.#versions.keys()) {
      if (this.#versions.size <= this.#versionsMax) break;
      this.#versions.delete(oldest);
    }
    return files;
  }
}

function read(paths: Readonly<Record<string, string>>): Files {
  const entries = Object.entries(paths).map(([name, path]) => [name, new Uint8Array(readFileSync(path))] as const);
  return Object.fromEntries(entries);
}
