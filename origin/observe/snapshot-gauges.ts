import type { CacheSnapshot } from '../cache/cache-event.js';
import type { InstanceSnapshot, RunnerStateName, VersionSnapshot } from '../engine/engine-events.js';
import type { CellFamily } from './cell-family.js';
import type { CounterCell } from './counter-cell.js';
import type { Exposition } from './exposition.js';

const version = ['model', 'version'] as const;
const instance = [...version, 'instance', 'device'] as const;

const runnerStates: readonly RunnerStateName[] = [
  'starting', 'warming', 'ready', 'busy', 'backing-off', 'draining', 'dead',
]; // prettier-ignore

/** How things stand, written anew at each scrape: what is no longer there is no longer shown. */
export class SnapshotGauges {
  readonly #queued;
  readonly #inFlight;
  readonly #limit;
  readonly #runners;
  readonly #residentBytes;
  readonly #threads;
  readonly #info;
  readonly #cacheBytes;
  readonly #cacheEntries;
  readonly #busySeconds: CellFamily<CounterCell>;

  constructor(exposition: Exposition) {
    this.#queued = exposition.gauge('brink_queue_depth', 'Requests in the queue', version);
    this.#inFlight = exposition.gauge('brink_in_flight', 'Requests admitted and not yet answered', version);
    this.#limit = exposition.gauge('brink_concurrency_limit', 'Requests that may be in flight at once', version);
    this.#runners = exposition.gauge('brink_runners', 'Runner processes in each state', [...version, 'state']);
    this.#residentBytes = exposition.gauge('brink_runner_resident_bytes', 'Resident memory of a runner', instance);
    this.#threads = exposition.gauge('brink_runner_threads', 'Threads of a runner within one operator', instance);
    this.#info = exposition.gauge('brink_version_info', 'Always 1: what a version is', [
      ...version,
      'digest',
      'batch_axis',
    ]);
    this.#cacheBytes = exposition.gauge('brink_cache_bytes', 'Bytes held by the response cache', version);
    this.#cacheEntries = exposition.gauge('brink_cache_entries', 'Answers held by the response cache', version);
    this.#busySeconds = exposition.counter('brink_runner_busy_seconds_total', 'Time that an instance spent in runs');
  }

  write(versions: readonly VersionSnapshot[], caches: readonly CacheSnapshot[]): void {
    for (const gauge of [this.#queued, this.#inFlight, this.#limit, this.#cacheBytes, this.#cacheEntries])
      gauge.reset();
    for (const gauge of [this.#runners, this.#residentBytes, this.#threads, this.#info]) gauge.reset();
    this.#busySeconds.clear();
    for (const snapshot of versions) this.#writeVersion(snapshot);
    for (const { of, bytes, entries } of caches) {
      const labels = { model: of.model, version: of.version };
      this.#cacheBytes.inc(labels, bytes);
      this.#cacheEntries.inc(labels, entries);
    }
  }

  /** Adds: two digests that were asked for by one name share their labels. */
  #writeVersion(snapshot: VersionSnapshot): void {
    const { of, queued, inFlight, concurrencyLimit, batchAxis, instances } = snapshot;
    const labels = { model: of.model, version: of.version };
    this.#queued.inc(labels, queued);
    this.#inFlight.inc(labels, inFlight);
    this.#limit.inc(labels, concurrencyLimit);
    this.#info.set({ ...labels, digest: of.digest, batch_axis: batchAxis }, 1);
    for (const state of runnerStates) {
      this.#runners.inc({ ...labels, state }, instances.filter((one) => one.state === state).length);
    }
    for (const [index, one] of instances.entries()) this.#writeInstance(labels, index, one);
  }

  #writeInstance(labels: { model: string; version: string }, index: number, one: InstanceSnapshot): void {
    const own = { ...labels, instance: String(index), device: one.device };
    this.#residentBytes.inc(own, one.rssBytes);
    this.#threads.inc(own, one.threads);
    this.#busySeconds.at(own).add(one.busyMs / 1_000);
  }
}
