export type BareRequest =
  /** Batches one after the other for so long. */
  | { readonly type: 'rate'; readonly batch: number; readonly ms: number }
  /** The time of each of so many runs. */
  | { readonly type: 'times'; readonly batch: number; readonly runs: number };

export interface BareRate {
  readonly items: number;
  readonly ms: number;
}
