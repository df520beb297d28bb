import type { LoadSession } from '../../load/load-plan.js';
import type { BenchProgress } from '../bench-progress.js';
import type { Scripts } from './bare-limit.js';
import type { OriginSamples } from './origin-samples.js';
import type { ServingSetup } from './serving-setup.js';

/** What every part of the benchmark is given. */
export interface BenchContext {
  readonly scripts: Scripts;
  /** For files of this run. */
  readonly folder: string;
  readonly setup: ServingSetup;
  readonly samples: OriginSamples;
  readonly load: LoadSession;
  readonly progress: BenchProgress;
  readonly signal: AbortSignal;
}
