import type { Keys } from './keys.js';

/** Whose tokens are whose. A ring is replaced whole when keys change: whoever looks, looks through a function. */
export interface KeyRings {
  /** May infer and read. Empty: the data plane is open to everybody. */
  readonly inference: Keys;
  /** May read metadata, configuration, statistics and metrics, and not infer. */
  readonly read: Keys;
  /** Operators: may do everything. */
  readonly admin: Keys;
  /** Origins that fetch artifacts and leases from an edge; good for nothing else. */
  readonly artifacts: Keys;
}
