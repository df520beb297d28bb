/** Where an edge reads artifacts: the data centre's cache, else R2. */
export type ArtifactTier = 'cache' | 'r2';
/** `corrupt`: it gave other bytes than the digest's. `failed`: it threw, or took too long. */
export type ReadOutcome = 'hit' | 'miss' | 'corrupt' | 'failed';

export interface ReadFigures {
  readonly reads: number;
  readonly bytes: number;
}

export type ArtifactReadFigures = Partial<Record<ArtifactTier, Partial<Record<ReadOutcome, ReadFigures>>>>;

/** Counts reads of artifacts and their bytes, by tier and outcome. */
export class ArtifactReads {
  readonly #counts = new Map<ArtifactTier, Map<ReadOutcome, ReadFigures>>();

  note(tier: ArtifactTier, outcome: ReadOutcome, bytes: number): void {
    const ofTier = this.#counts.get(tier) ?? new Map<ReadOutcome, ReadFigures>();
    const { reads = 0, bytes: before = 0 } = ofTier.get(outcome) ?? {};
    this.#counts.set(tier, ofTier.set(outcome, { reads: reads + 1, bytes: before + bytes }));
  }

  /** What happened at least once. */
  figures(): ArtifactReadFigures {
    return Object.fromEntries([...this.#counts].map(([tier, ofTier]) => [tier, Object.fromEntries(ofTier)]));
  }
}
