import type { VersionLabel } from '../engine/engine-events.js';
import type { Clock } from '../../shared/time/clock.js';
import type { EngineFamilies } from './engine-families.js';
import { VersionSeries } from './version-series.js';

export interface VersionBookLimits {
  /** Versions that are counted one by one; what comes beyond is counted together, as `other`. */
  readonly versionsMax: number;
  /** How long the counts of a version that has gone are still shown: a last scrape should see them. */
  readonly retiredKeptMs: number;
}

export const defaultVersionBookLimits: VersionBookLimits = { versionsMax: 1_000, retiredKeptMs: 10 * 60_000 };

/** The label of what is beyond a bound. */
export const other = 'other';

const makeRoomEveryMs = 10_000;

interface Known {
  readonly name: string;
  readonly model: string;
  readonly series: VersionSeries;
  absentSince: number | undefined;
}

export interface VersionBookParts {
  readonly families: EngineFamilies;
  /** The digests that the engine has now. */
  readonly present: () => ReadonlySet<string>;
  /** No version of this model is known any more. */
  readonly onModelGone: (model: string) => void;
  readonly clock: Clock;
  readonly limits?: Partial<VersionBookLimits>;
}

/** Which versions are counted, by digest; bounded, whatever callers and publishers do. */
export class VersionBook {
  readonly #parts: VersionBookParts;
  readonly #limits: VersionBookLimits;
  readonly #byDigest = new Map<string, Known>();
  /** Two digests that were asked for by the same name share their series: the same labels must not be shown twice. */
  readonly #byName = new Map<string, { readonly series: VersionSeries; digests: number }>();
  readonly #versionsOfModel = new Map<string, number>();
  #other: VersionSeries | undefined;
  #madeRoomAt = -Infinity;

  constructor(parts: VersionBookParts) {
    this.#parts = parts;
    this.#limits = { ...defaultVersionBookLimits, ...parts.limits };
  }

  of(label: VersionLabel): VersionSeries {
    const known = this.#byDigest.get(label.digest);
    if (known !== undefined) return known.series;
    if (this.#byDigest.size >= this.#limits.versionsMax && !this.#makeRoom()) {
      this.#other ??= new VersionSeries({ model: other, version: other }, this.#parts.families);
      return this.#other;
    }
    return this.#add(label);
  }

  knowsModel(model: string): boolean {
    return this.#versionsOfModel.has(model);
  }

  /** Drops what has been absent for long. */
  sweep(present: ReadonlySet<string>): void {
    const now = this.#parts.clock.now();
    for (const [digest, known] of this.#byDigest) {
      if (present.has(digest)) known.absentSince = undefined;
      else if (known.absentSince === undefined) known.absentSince = now;
      else if (now - known.absentSince >= this.#limits.retiredKeptMs) this.#drop(digest, known);
    }
  }

  /** One for each set of labels. */
  all(): VersionSeries[] {
    const named = [...this.#byName.values()].map(({ series }) => series);
    return this.#other === undefined ? named : [...named, this.#other];
  }

  #add({ model, version, digest }: VersionLabel): VersionSeries {
    const name = JSON.stringify([model, version]);
    const named = this.#byName.get(name) ?? {
      series: new VersionSeries({ model, version }, this.#parts.families),
      digests: 0,
    };
    named.digests += 1;
    this.#byName.set(name, named);
    this.#byDigest.set(digest, { name, model, series: named.series, absentSince: undefined });
    this.#versionsOfModel.set(model, (this.#versionsOfModel.get(model) ?? 0) + 1);
    return named.series;
  }

  /** Drops every version that the engine does not have any more; asks it at most every few seconds. */
  #makeRoom(): boolean {
    const now = this.#parts.clock.now();
    if (now - this.#madeRoomAt < makeRoomEveryMs) return false;
    this.#madeRoomAt = now;
    const present = this.#parts.present();
    for (const [digest, known] of this.#byDigest) if (!present.has(digest)) this.#drop(digest, known);
    return this.#byDigest.size < this.#limits.versionsMax;
  }

  #drop(digest: string, { name, model }: Known): void {
    this.#byDigest.delete(digest);
    const named = this.#byName.get(name);
    if (named !== undefined && (named.digests -= 1) === 0) {
      this.#byName.delete(name);
      named.series.drop();
    }
    const left = (this.#versionsOfModel.get(model) ?? 0) - 1;
    if (left > 0) this.#versionsOfModel.set(model, left);
    else {
      this.#versionsOfModel.delete(model);
      this.#parts.onModelGone(model);
    }
  }
}
