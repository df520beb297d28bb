import type { Tier } from '../../../shared/manifest/manifest.js';
import type { Measurements } from '../../../shared/measure/measurements.js';
import type { ProofRow } from '../prove/proof-row.js';
import type { PublishStage } from '../publish-events.js';
import type { Section } from './section.js';

/** What publishing did and found: everything that the page and the terminal show, as plain JSON. */
export interface PublishReport {
  readonly schema: 1;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** False when the server had exactly this version already. */
  readonly added: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly secondsByStage: Readonly<Partial<Record<PublishStage, number>>>;
  readonly graphs: Readonly<Record<string, GraphReport>>;
  readonly proof: Section<readonly ProofRow[]>;
  readonly measurements: Section<Measurements>;
  readonly placement: { readonly tiers: readonly Tier[]; readonly why: readonly string[] };
  readonly upload: {
    readonly blobs: number;
    readonly bytes: number;
    readonly uploadedBlobs: number;
    readonly uploadedBytes: number;
  };
  readonly warnings: readonly string[];
}

export interface GraphSize {
  readonly graphBytes: number;
  /** Of its external weights. */
  readonly weightsBytes: number;
}

export interface GraphReport {
  /** As it is stored. */
  readonly after: GraphSize;
  readonly compiled: Section<CompiledReport>;
  readonly goldens: Section<GoldensReport>;
}

/** What became of the file that its author has. */
export interface CompiledReport {
  readonly file: string;
  readonly before: GraphSize;
  readonly optimised: boolean;
  /** Why it is stored optimised, or as it is. */
  readonly why: string;
  /** What the edge has in its place, where that was quantized, and by which scheme. */
  readonly quantized?: { readonly scheme: string; readonly size: GraphSize };
  /** The author's own file at the edge, measured in the same way; absent: not measured. */
  readonly naive?: { readonly createMs: number; readonly heapLoadedBytes: number };
}

export interface GoldensReport {
  readonly count: number;
  readonly from: { readonly kind: 'examples' } | { readonly kind: 'generated'; readonly seed: number };
  /** Which onnxruntime answered them. */
  readonly recordedIn: 'native' | 'wasm';
}

export const bytesOfSize = ({ graphBytes, weightsBytes }: GraphSize): number => graphBytes + weightsBytes;
