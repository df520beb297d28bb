import type { Outcome } from '../errors/brink-error.js';
import type { AuditRow, LeaseGrant, Release, VersionRef } from './release.js';
import type { VersionAges } from './retention.js';

/** Who changes a release and why: goes into the audit as it stands. */
export interface Actor {
  readonly who: string;
  readonly why: string;
}

export interface PromoteRequest extends Actor {
  readonly version: string;
  /** How long the version bakes before it becomes `lastGood`. */
  readonly bakeMs?: number;
  /** The epoch that the caller saw (compare-and-set); absent means whatever it is. */
  readonly expectEpoch?: number;
  /** Promote a digest that was withdrawn before, lifting its fence. */
  readonly liftFence?: boolean;
}

export interface RollbackRequest extends Actor {
  /** Absent: the version that was stable before. */
  readonly to?: string;
  readonly expectEpoch?: number;
}

export interface RetireRequest extends Actor {
  readonly version: string;
  readonly expectEpoch?: number;
}

export interface RollbackResult {
  readonly release: Release;
  readonly withdrawn: VersionRef;
  /** When the fence held: no answer of the withdrawn version is committed after this. Milliseconds since the epoch. */
  readonly fencedAt: number;
  readonly waitedMs: number;
  /**
   * `all`: nothing serves the withdrawn version. `connected`: it was `lastGood`, so an edge that is cut off from the
   * control plane may go on with it until it is reached.
   */
  readonly reach: 'all' | 'connected';
}

/** The Durable Object of one model, as its callers see it (RPC: errors are data). */
export interface ControlPlaneApi {
  /** Read from storage in an event of its own, never from memory. */
  lease(): Promise<Outcome<LeaseGrant>>;
  /** Adds an immutable version: again the same is fine, the same name with another digest is `version-conflict`. */
  addVersion(ref: VersionRef & { model: string }, actor: Actor): Promise<Outcome<{ release: Release; added: boolean }>>;
  promote(request: PromoteRequest): Promise<Outcome<Release>>;
  rollback(request: RollbackRequest): Promise<Outcome<RollbackResult>>;
  /** Takes a version's name away; what it is made of stays until it is collected. `version-in-use` for what is served. */
  retire(request: RetireRequest): Promise<Outcome<Release>>;
  /** When each version was published, served and withdrawn, as far as the audit goes back. */
  ages(): Promise<Outcome<VersionAges>>;
  /** Newest first. */
  audit(limit: number): Promise<Outcome<AuditRow[]>>;
}
