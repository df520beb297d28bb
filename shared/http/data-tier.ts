import type { Target } from '../engine/engine.js';
import type { TierName } from '../protocol/headers.js';
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
}
