import type { VersionLabel } from '../engine/engine-events.js';

/** What the response cache did with a request. */
export interface CacheEvent {
  /**
   * `cache-hit`: answered from the cache. `cache-joined`: answered by the run of an identical request that was under
   * way. `cache-miss`: run.
   */
  readonly kind: 'cache-hit' | 'cache-joined' | 'cache-miss';
  readonly of: VersionLabel;
  /** For a hit the whole of it; for a miss the look-up and the keeping, without the run; joined: the wait. */
  readonly ms: number;
}

/** Never throws. */
export type ObserveCache = (event: CacheEvent) => void;

/** What the cache holds of one version. */
export interface CacheSnapshot {
  readonly of: VersionLabel;
  readonly entries: number;
  readonly bytes: number;
}
