import type { Target } from '../../shared/engine/engine.js';
import { decodeGolden } from '../../shared/golden/encode-golden.js';
import { firstGolden } from '../../shared/golden/first-golden.js';
import type { Golden } from '../../shared/golden/golden.js';
import { runGolden } from '../../shared/golden/run-golden.js';
import type { GraphEntry, Manifest } from '../../shared/manifest/manifest.js';
import { Deadline } from '../../shared/time/deadline.js';
import type { Clock } from '../../shared/time/clock.js';
import type { ArtifactStore } from './artifact-store.js';
import type { ExternalFile, OrtRuntime, OrtSession } from './ort-runtime.js';
import { runSession } from './run-session.js';

/** A version that can answer: a session for each of its graphs, and the files that its handler reads. */
export interface LoadedVersion {
  readonly graphs: ReadonlyMap<string, OrtSession>;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A load that takes longer is given up: the request that began it lives on for no more than 30 s. */
export const loadMsMax = 30_000;

const heapFactor = 2;
const heapBytesPerGraph = 4 * 1024 * 1024;

/**
 * What a version will take of the wasm heap, the peak while it loads included. Measured with ORT optimising (MiB of
 * file, of heap for the first, of heap for each further copy): recogniser 10.3, 25, 15; detector 4.5, 12, 6;
 * orientation 0.6, 0, 1; Silero 2.2, 12, 10 (its LSTM weights are packed anew).
 */
export function estimatedHeapBytes(manifest: Manifest): number {
  return Object.values(manifest.graphs).reduce((sum, { model, externalData }) => {
    const external = Object.values(externalData).reduce((bytes, blob) => bytes + blob.bytes, 0);
    return sum + heapFactor * (model.bytes + external) + heapBytesPerGraph;
  }, 0);
}

/** Loads versions: fetches and verifies their artifacts, makes their sessions, and has each answer its golden first. */
export class VersionLoader {
  readonly #runtime: OrtRuntime;
  readonly #artifacts: ArtifactStore;
  readonly #clock: Clock;

  constructor(runtime: OrtRuntime, artifacts: ArtifactStore, clock: Clock) {
    this.#runtime = runtime;
    this.#artifacts = artifacts;
    this.#clock = clock;
  }

  /**
   * One graph after the other, so that only one graph's weights are held twice, here and in the heap. Throws
   * `golden-failed` for a version that does not answer as it was published to; nothing stays loaded then.
   */
  async load({ manifest }: Target): Promise<LoadedVersion> {
    const deadline = new Deadline(this.#clock, loadMsMax);
    const starting = this.#runtime.start(); // beside the first fetch
    starting.catch(() => undefined); // asked for again by the first session
    const graphs = new Map<string, OrtSession>();
    const files = new Map<string, Uint8Array>();
    try {
      for (const [name, blob] of Object.entries(manifest.files)) files.set(name, await this.#artifacts.get(blob));
      for (const [name, graph] of Object.entries(manifest.graphs)) {
        const golden = await this.#golden(graph); // first: one that cannot be read costs no session
        const session = await this.#session(graph, deadline);
        graphs.set(name, session);
        if (golden === undefined) continue;
        await runGolden(golden, graph.tolerances, (inputs) => runSession(this.#runtime, session, inputs, deadline));
      }
      return { graphs, files };
    } catch (error) {
      await this.release({ graphs, files });
      throw error;
    }
  }

  async release({ graphs }: LoadedVersion): Promise<void> {
    for (const session of graphs.values()) await this.#runtime.release(session);
  }

  async #golden(graph: GraphEntry): Promise<Golden | undefined> {
    const blob = firstGolden(graph);
    return blob && decodeGolden(await this.#artifacts.get(blob));
  }

  async #session(graph: GraphEntry, deadline: Deadline): Promise<OrtSession> {
    const model = await this.#artifacts.get(graph.model);
    const external: ExternalFile[] = [];
    for (const [path, blob] of Object.entries(graph.externalData)) {
      external.push({ path, data: await this.#artifacts.get(blob) });
    }
    return this.#runtime.createSession(model, external, { isOptimised: graph.optimised !== undefined, deadline });
  }
}
