import { type Clock, systemClock } from '../../shared/time/clock.js';
import type { ArtifactRead } from '../artifacts/blob-store.js';
import type { CacheEvent, CacheSnapshot } from '../cache/cache-event.js';
import type { EngineEvent, VersionSnapshot } from '../engine/engine-events.js';
import { ArtifactSeries } from './artifact-series.js';
import { loopDelaySeconds } from './buckets.js';
import { engineFamilies } from './engine-families.js';
import { EventLoopDelay } from './event-loop-delay.js';
import { Exposition, type ExpositionFormat } from './exposition.js';
import type { GpuFigures } from './gpu-csv.js';
import { GpuGauges } from './gpu-gauges.js';
import { type RequestObserved, RequestSeries, type RequestSeriesLimits } from './request-series.js';
import { type BuildInfo, type ProviderFigure, ServerGauges } from './server-gauges.js';
import { SnapshotGauges } from './snapshot-gauges.js';
import { TritonNames } from './triton-names.js';
import { VersionBook, type VersionBookLimits } from './version-book.js';

export interface MetricsParts {
  readonly snapshot: () => readonly VersionSnapshot[];
  readonly build: BuildInfo;
  readonly caches?: () => readonly CacheSnapshot[];
  readonly providers?: () => readonly ProviderFigure[];
  /** Never rejects; `GpuPoll.figures`. */
  readonly gpus?: () => Promise<readonly GpuFigures[]>;
  /** Shows Triton's names beside ours. */
  readonly tritonNames?: boolean;
  readonly clock?: Clock;
  readonly limits?: Partial<VersionBookLimits & RequestSeriesLimits>;
}

/** Counts what happens and shows it to Prometheus. Counting never throws, and costs a few map look-ups. */
export class Metrics {
  readonly #parts: MetricsParts;
  readonly #exposition = new Exposition();
  readonly #versions: VersionBook;
  readonly #requests: RequestSeries;
  readonly #snapshotGauges: SnapshotGauges;
  readonly #serverGauges: ServerGauges;
  readonly #gpuGauges: GpuGauges;
  readonly #triton: TritonNames | undefined;
  readonly #loopDelay: EventLoopDelay;
  readonly #artifacts: ArtifactSeries;

  constructor(parts: MetricsParts) {
    const { snapshot, build, tritonNames = false, clock = systemClock, limits = {} } = parts;
    this.#parts = parts;
    this.#requests = new RequestSeries(this.#exposition, limits);
    this.#versions = new VersionBook({
      families: engineFamilies(this.#exposition),
      present: () => digestsOf(snapshot()),
      onModelGone: (model) => this.#requests.dropModel(model),
      clock,
      limits,
    });
    this.#snapshotGauges = new SnapshotGauges(this.#exposition);
    this.#serverGauges = new ServerGauges(this.#exposition, build, clock.now());
    this.#artifacts = new ArtifactSeries(this.#exposition);
    this.#gpuGauges = new GpuGauges(this.#exposition);
    this.#triton = tritonNames ? new TritonNames(this.#exposition) : undefined;
    const delays = this.#exposition.histogram(
      'brink_event_loop_delay_seconds',
      'How late the event loop of the server runs its timers',
      loopDelaySeconds,
    );
    this.#loopDelay = new EventLoopDelay(delays.at({}));
  }

  /** Begins to watch the event loop. */
  start(): void {
    this.#loopDelay.start();
  }

  close(): void {
    this.#loopDelay.stop();
  }

  /** From the engine. */
  readonly observe = (event: EngineEvent): void => {
    this.#versions.of(event.of).count(event);
  };

  /** From the response cache. */
  readonly observeCache = (event: CacheEvent): void => {
    this.#versions.of(event.of).countCache(event);
  };

  /** From the artifact cache on the disk. */
  readonly observeArtifact = (read: ArtifactRead): void => {
    this.#artifacts.count(read);
  };

  /** From each protocol's request scope, once per request, however it ended. */
  readonly observeRequest = (row: RequestObserved): void => {
    this.#requests.count(row, row.model !== undefined && this.#versions.knowsModel(row.model));
  };

  /** What Prometheus reads. */
  async render(format: ExpositionFormat = 'prometheus'): Promise<string> {
    const gpus = (await this.#parts.gpus?.()) ?? [];
    const versions = this.#parts.snapshot();
    for (const { of } of versions) this.#versions.of(of); // a version without requests shows its zeros
    this.#versions.sweep(digestsOf(versions));
    this.#snapshotGauges.write(versions, this.#parts.caches?.() ?? []);
    this.#serverGauges.write(this.#loopDelay, this.#parts.providers?.() ?? []);
    this.#gpuGauges.write(gpus);
    this.#triton?.write(this.#versions.all(), versions, gpus);
    return this.#exposition.render(format);
  }
}

function digestsOf(versions: readonly VersionSnapshot[]): Set<string> {
  return new Set(versions.map(({ of }) => of.digest));
}
