import { rmSync } from 'node:fs';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { humanBytes } from '../../commands/format.js';
import { PublishError } from '../publish-error.js';

/** Of what is in the work folder, how much more comes to lie beside it: the trial's copy, the optimised, and its copy. */
const furtherCopies = 3;
/** Not all of a disk is ours. */
const spareBytes = 256_000_000;

// Those that are there now: whoever leaves in the middle (Ctrl-C ends in an exit) leaves nothing behind.
const present = new Set<string>();
process.on('exit', () => {
  for (const folder of present) rmSync(folder, { recursive: true, force: true });
});

/** The folder of one publishing, made when something first needs it. Nobody else reads or writes in it. */
export class WorkFolder {
  readonly #parent: string;
  readonly #freeBytes: (folder: string) => Promise<number>;
  #folder: Promise<string> | undefined;
  #reservedBytes = 0;
  #files = 0;

  constructor(parent = tmpdir(), freeBytes = freeBytesOf) {
    this.#parent = parent;
    this.#freeBytes = freeBytes;
  }

  /** Throws PublishError `disk-full` when a file of this size, and what is made of it, would not find room here. */
  async reserve(what: string, bytes: number): Promise<void> {
    const free = await this.#freeBytes(this.#parent);
    const wanted = bytes + furtherCopies * (this.#reservedBytes + bytes) + spareBytes;
    if (wanted > free) {
      const text = `expected ${humanBytes(wanted)} free in ${this.#parent} (its copy, and ${furtherCopies} more while it is tried)`;
      throw new PublishError('disk-full', `${what}: ${text}, there are ${humanBytes(free)}: TMPDIR says where else`);
    }
    this.#reservedBytes += bytes;
  }

  /** Where a new file may be written. */
  async newFile(): Promise<string> {
    this.#folder ??= mkdtemp(join(this.#parent, 'brink-publish-')).then((made) => {
      present.add(made);
      return made;
    });
    return join(await this.#folder, String((this.#files += 1)));
  }

  /** With all that is in it; again is fine. */
  async remove(): Promise<void> {
    const folder = await this.#folder;
    if (folder === undefined) return;
    this.#folder = undefined;
    await rm(folder, { recursive: true, force: true });
    present.delete(folder);
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
