import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Target } from '../../shared/engine/engine.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { firstGolden } from '../../shared/golden/first-golden.js';
import { type BlobRef, blobsOf, type GraphEntry } from '../../shared/manifest/manifest.js';
import type { Clock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import type { BlobStore } from './blob-store.js';
import { SingleFlight } from './single-flight.js';

/** Where the files of a version lie, all of them verified. */
export interface VersionFiles {
  /** Graph name → path of its `.onnx`, with its external weights beside it. */
  readonly graphs: Readonly<Record<string, string>>;
  /** File name (labels, say) → path. */
  readonly files: Readonly<Record<string, string>>;
  /** Graph name → path of the golden that a runner answers before anything else, where the graph has one. */
  readonly goldens: Readonly<Record<string, string>>;
}

const modelFileName = 'model.onnx';
/** For all artifacts of one version, whoever waits for them. */
const layMsMax = 600_000;

/** Lays the blobs of versions out as onnxruntime wants them: one directory per graph, files by the names it uses. */
export class VersionFilesStore {
  readonly #blobs: BlobStore;
  readonly #clock: Clock;
  readonly #directory: string;
  readonly #laid = new SingleFlight<VersionFiles>();

  constructor({ cacheDir, blobs, clock }: { cacheDir: string; blobs: BlobStore; clock: Clock }) {
    this.#blobs = blobs;
    this.#clock = clock;
    this.#directory = join(cacheDir, 'graphs');
  }

  /** Errors: those of `BlobStore.path`, and `invalid-manifest` for names that cannot stand beside each other. */
  of(target: Target, deadline: Deadline): Promise<VersionFiles> {
    const work = this.#laid.run(target.digest, () => this.#lay(target));
    return deadline.bound(work, 'the artifacts of a version were fetched');
  }

  /** Looks at every file of a version again before it is used next: something was wrong with it. */
  forget({ digest, manifest }: Target): void {
    this.#laid.forget(digest);
    for (const blob of blobsOf(manifest)) this.#blobs.forget(blob);
  }

  /** Lets go of a version that is not served any more; its blobs stay. */
  async remove(digest: string): Promise<void> {
    this.#laid.forget(digest);
    await rm(join(this.#directory, digest), { recursive: true, force: true });
  }

  async #lay({ digest, manifest }: Target): Promise<VersionFiles> {
    const deadline = new Deadline(this.#clock, layMsMax);
    const directory = join(this.#directory, digest);
    const building = `${directory}.${randomUUID()}.part`;
    try {
      const graphs: Record<string, string> = {};
      const goldens: Record<string, string> = {};
      for (const [name, graph] of Object.entries(manifest.graphs)) {
        await this.#layGraph(join(building, name), graph, deadline);
        graphs[name] = join(directory, name, modelFileName);
        const golden = firstGolden(graph);
        if (golden !== undefined) goldens[name] = await this.#blobs.path(golden, deadline);
      }
      const files: Record<string, string> = {};
      for (const [name, blob] of Object.entries(manifest.files)) files[name] = await this.#blobs.path(blob, deadline);
      // What an earlier process laid out there is not trusted: its links may be to files found corrupt since.
      await rm(directory, { recursive: true, force: true });
      await rename(building, directory);
      return { graphs, files, goldens };
    } finally {
      await rm(building, { recursive: true, force: true });
    }
  }

  async #layGraph(directory: string, { model, externalData }: GraphEntry, deadline: Deadline): Promise<void> {
    if (Object.hasOwn(externalData, modelFileName)) {
      throw new BrinkError('invalid-manifest', `expected external data under another name than ${modelFileName}`);
    }
    await mkdir(directory, { recursive: true });
    for (const [name, blob] of Object.entries({ ...externalData, [modelFileName]: model })) {
      await this.#place(blob, join(directory, name), deadline);
    }
  }

  /** A hard link: onnxruntime refuses external data behind a symbolic one. A copy where links cannot be made. */
  async #place(blob: BlobRef, path: string, deadline: Deadline): Promise<void> {
    const from = await this.#blobs.path(blob, deadline);
    await link(from, path).catch(() => copyFile(from, path));
  }
}
