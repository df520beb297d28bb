import type { Residency } from '../../shared/engine/engine.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { BatchingDescription, Described, ServingExtensions } from '../../shared/http/data-tier.js';
import type { IndexEntry, InstanceGroup, ModelStatistics } from '../../shared/protocol/serving-messages.js';
import type { Release } from '../../shared/release/release.js';
import type { Deadline } from '../../shared/time/deadline.js';
import type { VersionSnapshot } from '../engine/engine-events.js';
import type { ModelSettings } from '../settings/model-settings.js';

export interface RepositoryParts {
  readonly follower: { readonly releases: ReadonlyMap<string, Release>; load(model: string, deadline: Deadline): Promise<void> }; // prettier-ignore
  readonly engine: {
    residency(digest: string): Residency;
    /** Why it cannot answer, where it was tried. */
    failure(digest: string): BrinkError | undefined;
    withhold(digest: string): Promise<void>;
    admit(digest: string): void;
    snapshot(): readonly VersionSnapshot[];
  };
  /** Why a version may not run here, as far as it is known. */
  readonly refusal?: (digest: string) => BrinkError | undefined;
  readonly settingsOf: (model: string) => ModelSettings;
  readonly statistics: (model?: string, version?: string) => readonly ModelStatistics[];
  /** Whether operators may load and unload: off unless the configuration says so. */
  readonly control: boolean;
}

const states: Readonly<Record<Residency, IndexEntry['state']>> = {
  ready: 'READY',
  loading: 'LOADING',
  failed: 'UNAVAILABLE',
  absent: 'UNAVAILABLE',
};

const reasons: Readonly<Record<Residency, string>> = {
  ready: '',
  loading: '',
  failed: 'its runners fail',
  absent: 'not loaded',
};

/** The origin's models as Triton's model repository: what is released is what there is, and only that can be loaded. */
export class Repository implements ServingExtensions {
  readonly #parts: RepositoryParts;

  constructor(parts: RepositoryParts) {
    this.#parts = parts;
  }

  instanceGroups({ target }: Described): readonly InstanceGroup[] {
    const groups = new Map<string, { count: number; gpus: Set<number> }>();
    for (const { device } of this.#snapshotOf(target.digest)?.instances ?? []) {
      const [kind = '', id] = device.split(':');
      const group = groups.get(kind) ?? { count: 0, gpus: new Set() };
      groups.set(kind, group);
      group.count++;
      if (id !== undefined) group.gpus.add(Number(id));
    }
    return [...groups].map(([kind, { count, gpus }]) => ({
      name: `${target.manifest.model}_${kind}`,
      kind: kind === 'cpu' ? 'KIND_CPU' : 'KIND_GPU',
      count,
      gpus: [...gpus].sort((a, b) => a - b),
    }));
  }

  batching({ target }: Described): BatchingDescription | undefined {
    // What has not been tried yet may turn out to be one: the configuration should not change its shape for that.
    if (this.#snapshotOf(target.digest)?.batchAxis === 'not-a-batch') return undefined;
    const settings = this.#parts.settingsOf(target.manifest.model);
    const maxBatch = Math.min(settings.maxBatch, target.manifest.batching?.maxBatch ?? Infinity);
    return { maxBatch, maxQueueDelayMs: settings.maxQueueDelayMs, priorityLevels: settings.priorityLevels };
  }

  statistics(model?: string, version?: string): Promise<readonly ModelStatistics[]> {
    return Promise.resolve(this.#parts.statistics(model, version));
  }

  index(): Promise<readonly IndexEntry[]> {
    const { follower, engine, refusal } = this.#parts;
    const entries = [...follower.releases.values()].flatMap(({ model, versions, fenced }) =>
      versions.map(({ version, digest }): IndexEntry => {
        if (fenced.includes(digest)) return { name: model, version, state: 'UNAVAILABLE', reason: 'withdrawn' };
        const refused = refusal?.(digest);
        if (refused !== undefined) {
          return { name: model, version, state: 'UNAVAILABLE', reason: `${refused.code}: ${refused.message}` };
        }
        const residency = engine.residency(digest);
        const failure = engine.failure(digest);
        const reason = failure === undefined ? reasons[residency] : `${failure.code}: ${failure.message}`;
        return { name: model, version, state: states[residency], reason };
      }),
    );
    return Promise.resolve(entries);
  }

  async load(model: string, deadline: Deadline): Promise<void> {
    this.#checkControl();
    const { follower, engine } = this.#parts;
    for (const { digest } of follower.releases.get(model)?.versions ?? []) engine.admit(digest);
    await deadline.bound(follower.load(model, deadline), 'the model was loaded');
  }

  async unload(model: string, deadline: Deadline): Promise<void> {
    this.#checkControl();
    const release = this.#parts.follower.releases.get(model);
    if (release === undefined) throw new BrinkError('unknown-model', `no model '${model}' is released here`);
    const work = Promise.all(release.versions.map(({ digest }) => this.#parts.engine.withhold(digest)));
    await deadline.bound(work, 'the model was unloaded');
  }

  #checkControl(): void {
    if (this.#parts.control) return;
    throw new BrinkError('not-supported', 'expected a server that lets operators load and unload: this one follows its releases'); // prettier-ignore
  }

  #snapshotOf(digest: string): VersionSnapshot | undefined {
    return this.#parts.engine.snapshot().find(({ of }) => of.digest === digest);
  }
}
