import type { Target } from '../../shared/engine/engine.js';
import { decodeGolden } from '../../shared/golden/encode-golden.js';
import { firstGolden } from '../../shared/golden/first-golden.js';
import type { Golden } from '../../shared/golden/golden.js';
import { runGolden } from '../../shared/golden/run-golden.js';
import { edgeGraphOf } from '../../shared/manifest/edge-graph.js';
import type { BlobRef, GraphEntry, Manifest } from '../../shared/manifest/manifest.js';
import type { Clock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import { ArtifactMemory, type Holding } from './artifact-memory.js';
import { type ArtifactReadFigures, ArtifactReads } from './artifact-reads.js';
import type { ArtifactStore } from './artifact-store.js';
import type { ExternalFile, OrtRuntime, OrtSession } from './ort-runtime.js';
import { runSession } from './run-session.js';

/** A version that can answer: a session for each of its graphs, and the files that its handler reads. */
export interface LoadedVersion {
  readonly graphs: ReadonlyMap<string, OrtSession>;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The memory of the files. */
  readonly held: Holding;
  readonly figures: LoadFigures;
}

/** What loading a version took. */
export interface LoadFigures {
  /** The most that this isolate held of artifacts at once meanwhile, outside the wasm heap. */
  readonly peakArtifactBytes: number;
  readonly artifacts: ArtifactReadFigures;
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
  readonly #memory: ArtifactMemory;

  constructor(runtime: OrtRuntime, artifacts: ArtifactStore, clock: Clock, memory = new ArtifactMemory()) {
    this.#runtime = runtime;
    this.#artifacts = artifacts;
    this.#clock = clock;
    this.#memory = memory;
  }

  /**
   * One graph after the other, so that only one graph's weights are held twice, here and in the heap. Throws
   * `golden-failed` for a version that does not answer as it was published to; nothing stays loaded then.
   */
  async load({ manifest }: Target, deadline = new Deadline(this.#clock, loadMsMax)): Promise<LoadedVersion> {
    const starting = this.#runtime.start(); // beside the first fetch
    starting.catch(() => undefined); // asked for again by the first session
    const graphs = new Map<string, OrtSession>();
    const files = new Map<string, Uint8Array>();
    const held = this.#memory.hold();
    const peak = this.#memory.watch();
    const reads = new ArtifactReads();
    try {
      for (const [name, blob] of Object.entries(manifest.files)) files.set(name, await this.#fetch(blob, held, reads));
      for (const [name, entry] of Object.entries(manifest.graphs)) {
        const graph = edgeGraphOf(entry);
        const golden = await this.#golden(graph, reads); // first: one that cannot be read costs no session
        const session = await this.#session(graph, deadline, reads);
        graphs.set(name, session);
        if (golden === undefined) continue;
        await runGolden(golden, graph.tolerances, (inputs) => runSession(this.#runtime, session, inputs, deadline));
      }
      return { graphs, files, held, figures: { peakArtifactBytes: peak.peakBytes, artifacts: reads.figures() } };
    } catch (error) {
      await this.release({ graphs, held });
      throw error;
    } finally {
      peak.end();
    }
  }

  async release({ graphs, held }: Pick<LoadedVersion, 'graphs' | 'held'>): Promise<void> {
    held.end();
    for (const session of graphs.values()) await this.#runtime.release(session);
  }

  async #golden(graph: GraphEntry, reads: ArtifactReads): Promise<Golden | undefined> {
    const blob = firstGolden(graph);
    return blob && decodeGolden(await this.#artifacts.get(blob, reads));
  }

  /** The weights are held here until the session has them in the heap, and no longer: nothing else refers to them. */
  async #session(graph: GraphEntry, deadline: Deadline, reads: ArtifactReads): Promise<OrtSession> {
    const held = this.#memory.hold();
    try {
      const model = await this.#fetch(graph.model, held, reads);
      const external: ExternalFile[] = [];
      for (const [path, blob] of Object.entries(graph.externalData)) {
        external.push({ path, data: await this.#fetch(blob, held, reads) });
      }
      const isOptimised = graph.optimised !== undefined;
      return await this.#runtime.createSession(model, external, { isOptimised, deadline });
    } finally {
      held.end();
    }
  }

  #fetch(blob: BlobRef, held: Holding, reads: ArtifactReads): Promise<Uint8Array> {
    held.add(blob.bytes); // before it is there: its memory is taken whole
    return this.#artifacts.get(blob, reads);
  }
}
