import type { ModelStatistics } from '../../shared/protocol/serving-messages.js';
import { type Clock, systemClock } from '../../shared/time/clock.js';
import type { CacheEvent } from '../cache/cache-event.js';
import type { EngineEvent, VersionLabel, VersionSnapshot } from '../engine/engine-events.js';
import { VersionStatistics } from './version-statistics.js';

export interface StatisticsParts {
  readonly snapshot: () => readonly VersionSnapshot[];
  readonly clock?: Clock;
  /** Versions that are counted; beyond, the one that was first met is forgotten. */
  readonly versionsMax?: number;
}

export const statisticsVersionsMax = 1_000;

interface Counted {
  of: VersionLabel;
  readonly statistics: VersionStatistics;
}

/** The statistics of V2, of every version that the engine has or had until it was forgotten. */
export class Statistics {
  readonly #parts: StatisticsParts;
  readonly #clock: Clock;
  readonly #versionsMax: number;
  readonly #counted = new Map<string, Counted>();

  constructor(parts: StatisticsParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#versionsMax = parts.versionsMax ?? statisticsVersionsMax;
  }

  readonly observe = (event: EngineEvent): void => {
    this.#of(event.of).count(event, this.#clock.now());
  };

  readonly observeCache = (event: CacheEvent): void => {
    this.#of(event.of).countCache(event, this.#clock.now());
  };

  /** The version is gone. What is still counted of it begins anew. */
  forget(digest: string): void {
    this.#counted.delete(digest);
  }

  /**
   * Of one version, or without `version` of all versions of a model, or without both of all; sorted by name and version.
   * Empty for what has neither been loaded nor asked for.
   */
  statistics(model?: string, version?: string): ModelStatistics[] {
    const snapshots = new Map(this.#parts.snapshot().map((snapshot) => [snapshot.of.digest, snapshot]));
    for (const { of } of snapshots.values()) this.#of(of); // a version that was loaded and not asked shows its zeros
    return [...this.#counted.values()]
      .filter(
        ({ of }) => (model === undefined || of.model === model) && (version === undefined || of.version === version),
      )
      .map(({ of, statistics }) => statistics.value(of, snapshots.get(of.digest)))
      .sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
  }

  #of(of: VersionLabel): VersionStatistics {
    const known = this.#counted.get(of.digest);
    if (known !== undefined) {
      known.of = of; // a version goes by the name that it was last asked by
      return known.statistics;
    }
    const statistics = new VersionStatistics();
    this.#counted.set(of.digest, { of, statistics });
    if (this.#counted.size > this.#versionsMax) this.#forgetOne();
    return statistics;
  }

  /** What the engine does not have any more goes first. */
  #forgetOne(): void {
    const present = new Set(this.#parts.snapshot().map(({ of }) => of.digest));
    const digests = [...this.#counted.keys()];
    const gone = digests.find((digest) => !present.has(digest)) ?? digests[0];
    if (gone !== undefined) this.#counted.delete(gone);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
