import type { BlobRef } from '../../../shared/manifest/manifest.js';

/** How a graph comes to its first answer in an isolate where nothing has started. */
export const coldVariants = ['naive', 'naive-snapshot', 'compiled'] as const;
/**
 * `naive`: the `.onnx` as exported, onnxruntime starts by itself and optimises the graph. `naive-snapshot`: the same file,
 * onnxruntime from the snapshot. `compiled`: what publishing makes of the file, onnxruntime from the snapshot.
 */
export type ColdVariant = (typeof coldVariants)[number];

export const coldTiers = ['cache', 'r2'] as const;
/** Where the artifact is found. */
export type ColdTier = (typeof coldTiers)[number];

/** What the Worker is asked to do, once in its life. */
export interface ColdTrial {
  readonly model: BlobRef;
  readonly externalData: Readonly<Record<string, BlobRef>>;
  readonly isOptimised: boolean;
  readonly fromSnapshot: boolean;
  readonly tier: ColdTier;
}

/** What it answers: the parts of a cold start, one after the other. */
export interface ColdFigures {
  readonly startMs: number;
  readonly fetchMs: number;
  readonly createMs: number;
  readonly firstRunMs: number;
  readonly wholeMs: number;
  /** What onnxruntime's memory had grown to when it had started, and has grown to now. */
  readonly heapStartBytes: number;
  readonly heapBytes: number;
  readonly fromSnapshot: boolean;
  /** Empty when every output is the expected one. */
  readonly wrong: string;
}
