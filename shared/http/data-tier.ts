import type { Target } from '../engine/engine.js';
import type { TierName } from '../protocol/headers.js';
import type { IndexEntry, InstanceGroup, ModelStatistics } from '../protocol/serving-messages.js';
import type { Release } from '../release/release.js';
import type { Answer, Call, CallReport } from '../serve/call.js';
import type { Deadline } from '../time/deadline.js';

/** A version and the release that names it. */
export interface Described {
  readonly target: Target;
  readonly release: Release;
}

/** What stands behind the data plane's routes: the edge plans and falls back, the origin runs. */
export interface DataTier {
  readonly name: TierName;
  /** Answers a call, committed under the lease. `report` is filled in as things become known, also on failure. */
  answer(call: Call, report: CallReport): Promise<Answer>;
  describe(model: string, version: string | undefined, deadline: Deadline): Promise<Described>;
  /** Whether this version would be answered now. */
  modelReady(described: Described): Promise<boolean>;
  ready(): Promise<boolean>;
  /** The V2 extensions that need more than a release and a manifest; absent: 501 `not-supported`. */
  readonly serving?: ServingExtensions;
}

/** What a tier that keeps models in memory can say and do beside answering. */
export interface ServingExtensions {
  /** How a version is run here: the fields of `model_config.proto` that only the tier knows. */
  instanceGroups(described: Described): readonly InstanceGroup[];
  /** How requests to a version are put together here; undefined for one that is found not to be batchable. */
  batching?(described: Described): BatchingDescription | undefined;
  /** Of one version, or without `version` of all versions of a model, or without both of all. */
  statistics(model?: string, version?: string): Promise<readonly ModelStatistics[]>;
  index(): Promise<readonly IndexEntry[]>;
  /** Loads what is released of a model (never a fenced digest); `not-supported` unless it is switched on. */
  load(model: string, deadline: Deadline): Promise<void>;
  unload(model: string, deadline: Deadline): Promise<void>;
}

export interface BatchingDescription {
  readonly maxBatch: number;
  readonly maxQueueDelayMs: number;
  /** Priorities are 1 (first) to this; 0 means the last. */
  readonly priorityLevels: number;
}
