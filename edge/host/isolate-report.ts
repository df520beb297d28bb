import type { Residency } from '../../shared/engine/engine.js';
import type { ArtifactReadFigures } from './artifact-reads.js';

/** How one isolate stands: an edge has many, and each knows of itself alone. */
export interface IsolateReport {
  /** By digest. */
  readonly versions: Readonly<Record<string, Residency>>;
  /** Its onnxruntime has crashed: nothing runs here any more. */
  readonly broken: boolean;
  /** The wasm heap, which never shrinks, and what it may grow to. */
  readonly heapBytes: number;
  readonly heapBytesMax: number;
  /** What is held of artifacts outside the heap: now, and the most since the isolate began. */
  readonly artifactBytes: number;
  readonly peakArtifactBytes: number;
  /** Reads of artifacts since the isolate began. */
  readonly artifacts: ArtifactReadFigures;
}
