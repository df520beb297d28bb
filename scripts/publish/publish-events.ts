import type { Tier } from '../../shared/manifest/manifest.js';

/** What publishing does, in order; not every publish does all of it. */
export const publishStages = [
  'read',
  'inspect',
  'optimise',
  'record',
  'quantize',
  'prove',
  'measure',
  'place',
  'upload',
  'register',
] as const;
export type PublishStage = (typeof publishStages)[number];

/** How far a stage that lasts has come: `total` things, `done` of them. Comes with 0 first, and last with all. */
export interface StageProgress {
  readonly done: number;
  readonly total: number;
}

/** Where a compiled graph gives its answers. */
export type ProofRuntime = 'native' | 'workerd';

/**
 * What publishing tells while it works, one stage after the other: `read` and `place` when they are over, every other
 * when it begins. A stage is over when it says so by its progress, or when another begins.
 */
export type PublishEvent =
  | { readonly stage: 'read'; readonly model: string; readonly files: number; readonly bytes: number }
  | ({ readonly stage: 'inspect' | 'optimise' | 'quantize' } & OfGraph & Partial<StageProgress>)
  /** Goldens, as the graph answers them. */
  | ({ readonly stage: 'record' } & OfGraph & StageProgress)
  /** Goldens, as what is stored answers them. */
  | ({ readonly stage: 'prove'; readonly runtime: ProofRuntime } & OfGraph & StageProgress)
  /** Without a graph: all of the version's in one isolate. The progress counts runs, or whatever takes its time. */
  | ({
      readonly stage: 'measure';
      readonly model: string;
      readonly graph?: string;
      readonly tier: Tier;
    } & StageProgress)
  | { readonly stage: 'place'; readonly model: string; readonly tiers: readonly Tier[] }
  /** The files that the server lacks, and how much of them is there now. Comes once before the first and after each. */
  | ({ readonly stage: 'upload'; readonly model: string } & UploadState)
  | { readonly stage: 'register'; readonly model: string; readonly version: string };

interface OfGraph {
  readonly model: string;
  readonly graph: string;
}

export interface UploadState {
  readonly files: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export type PublishObserver = (event: PublishEvent) => void;
