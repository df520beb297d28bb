import { join } from 'node:path';
import type { BrinkError } from '../shared/errors/brink-error.js';
import { trimOldest } from '../shared/collections/trim-oldest.js';
import { serverVersion } from '../shared/serve/metadata.js';
import type { Target } from '../shared/engine/engine.js';
import type { Limits } from '../shared/protocol/limits.js';
import { Leases } from '../shared/release/leases.js';
import type { VersionRef } from '../shared/release/release.js';
import { systemClock } from '../shared/time/clock.js';
import type { Deadline } from '../shared/time/deadline.js';
import { BlobStore } from './artifacts/blob-store.js';
import { EdgeSource } from './artifacts/edge-source.js';
import { ManifestStore } from './artifacts/manifest-store.js';
import { originSignatures } from './artifacts/signature-store.js';
import { VersionFilesStore } from './artifacts/version-files.js';
import type { CacheSnapshot } from './cache/cache-event.js';
import { CachingEngine } from './cache/caching-engine.js';
import type { OriginConfig } from './config.js';
import { publishedCosts } from './engine/batch/published-costs.js';
import { defaultEngineLimits } from './engine/engine-limits.js';
import type { Log } from './engine/log.js';
import { OriginEngine } from './engine/origin-engine.js';
import type { ProviderReport } from './engine/process/detect-providers.js';
import { VersionStarter } from './engine/version-starter.js';
import { HandlerPool } from './handlers/handler-pool.js';
import { OriginTier } from './http/origin-tier.js';
import { GpuPoll } from './observe/gpu-poll.js';
import { Metrics } from './observe/metrics.js';
import { Statistics } from './observe/statistics.js';
import { EdgeClient } from './release/edge-client.js';
import { followEveryMs, Follower } from './release/follower.js';
import { originLeaseSources } from './release/lease-sources.js';
import { Repository } from './release/repository.js';
import { type ModelSettings, type SettingsFile, settingsOf } from './settings/model-settings.js';

export interface BackendParts {
  readonly config: OriginConfig;
  readonly settings: SettingsFile;
  readonly providers: readonly ProviderReport[];
  readonly log: Log;
}

const followTimeoutMs = 5_000;
/** Models whose settings are kept worked out. */
const settingsKeptMax = 1_000;
/** What package.json pins; the server itself does not load it. */
const onnxruntimeVersion = '1.29.0';

/** Everything behind the protocols: runners and handlers, leases and artifacts from the edge, counters. */
export class Backend {
  readonly tier: OriginTier;
  readonly metrics: Metrics;
  readonly #parts: BackendParts;
  readonly #engine: OriginEngine;
  readonly #handlers: HandlerPool;
  readonly #follower: Follower;
  readonly #settings = new Map<string, ModelSettings>();
  #following: ReturnType<typeof setTimeout> | undefined;
  #closing = false;

  constructor(parts: BackendParts) {
    this.#parts = parts;
    const { config, log } = parts;
    const clock = systemClock;
    const { edgeUrl, artifactToken, cacheDir } = config;
    const edge = new EdgeClient(edgeUrl, artifactToken);
    const source = new EdgeSource({ edgeUrl: edgeUrl.href, token: artifactToken });
    const signatures = originSignatures({ cacheDir, source, rule: config.signing, clock, log });
    const manifests = new ManifestStore({ cacheDir, source, signatures });
    const targetOf = async (ref: VersionRef, deadline: Deadline): Promise<Target> => {
      return { ...ref, manifest: await manifests.manifest(ref.digest, deadline) };
    };
    const statistics = new Statistics({ snapshot: () => this.#engine.snapshot() });
    this.metrics = this.#createMetrics(() => cache.snapshot());
    this.#handlers = new HandlerPool({ workerJs: config.handlerWorkerPath, workers: config.handlerWorkers, log });
    this.#engine = new OriginEngine({
      starter: this.#createStarter(source),
      handlers: this.#handlers,
      settingsOf: (model) => this.settingsOf(model),
      publishedCostsOf: ({ digest, manifest }) => publishedCosts(source, digest, manifest.graphs),
      coreCount: config.cores,
      limits: { runnersMax: config.runnersMax, memoryBytesMax: config.memoryBytesMax },
      observe: (event) => {
        this.metrics.observe(event);
        statistics.observe(event);
      },
      log,
    });
    const cache = new CachingEngine({
      engine: this.#engine,
      bytesMaxOf: (model) => this.settingsOf(model).responseCacheBytesMax,
      observe: (event) => {
        this.metrics.observeCache(event);
        statistics.observeCache(event);
      },
    });
    const leases = new Leases({
      sources: originLeaseSources(edge, config.cacheDir),
      clock,
      random: () => Math.random(),
      background: () => undefined, // a process needs no help to keep its promises
    });
    this.#follower = new Follower({
      models: () => edge.models(AbortSignal.timeout(followTimeoutMs)),
      leases,
      targetOf,
      engine: this.#engine,
      onKeep: (digests) => cache.keepOnly(digests),
      clock,
      log,
    });
    this.tier = new OriginTier({
      leases,
      engine: cache,
      targetOf,
      limits: config.limits,
      limitsOf: (model) => this.limitsOf(model),
      clock,
      isReady: () => !this.#closing && this.#follower.synced,
      noteUse: (digest, use) => this.#follower.noteUse(digest, use),
      serving: new Repository({
        follower: this.#follower,
        engine: this.#engine,
        refusal: (digest) => signatures.refusal(digest),
        settingsOf: (model) => this.settingsOf(model),
        statistics: (model, version) => statistics.statistics(model, version),
        control: config.repositoryControl,
      }),
    });
  }

  /** How a model is run here. */
  settingsOf(model: string): ModelSettings {
    const known = this.#settings.get(model);
    if (known !== undefined) return known;
    const settings = settingsOf(this.#parts.settings, model);
    this.#settings.set(model, settings);
    trimOldest(this.#settings, settingsKeptMax);
    return settings;
  }

  /** Why no request to a model is let in now; undefined when one may be, perhaps as it is answered from the cache. */
  refusal(model: string): BrinkError | undefined {
    return this.settingsOf(model).responseCacheBytesMax > 0 ? undefined : this.#engine.refusal(model);
  }

  /** The limits of requests to a model; without one, of all. */
  limitsOf(model?: string): Limits {
    const { limits } = this.#parts.config;
    if (model === undefined) return limits;
    const { bodyBytesMax = Infinity, tensorElementsMax } = this.settingsOf(model);
    if (bodyBytesMax >= limits.bodyBytesMax && tensorElementsMax === undefined) return limits;
    return {
      ...limits,
      bodyBytesMax: Math.min(bodyBytesMax, limits.bodyBytesMax),
      ...(tensorElementsMax === undefined ? {} : { tensorElementsMax }),
    };
  }

  /** Looks what is released, and again and again. */
  follow(): void {
    this.metrics.start();
    void this.#follower.look().finally(() => {
      if (!this.#closing) this.#following = setTimeout(() => this.follow(), followEveryMs);
    });
  }

  /** Not ready from now on; what is asked is still answered. */
  drain(): void {
    this.#closing = true;
    clearTimeout(this.#following);
  }

  /** Ends all runners and threads. */
  async close(): Promise<void> {
    this.drain();
    this.metrics.close();
    await Promise.all([this.#engine.close(), this.#handlers.close()]);
  }

  #createStarter(source: EdgeSource): VersionStarter {
    const { config, providers, log } = this.#parts;
    const { cacheDir } = config;
    const clock = systemClock;
    const onCorrupt = ({ sha256 }: { sha256: string }, from: string): void =>
      log({ event: 'corrupt-blob', sha256, from });
    const blobs = new BlobStore({ cacheDir, source, clock, onCorrupt, onRead: this.metrics.observeArtifact });
    return new VersionStarter({
      artifacts: new VersionFilesStore({ cacheDir, blobs, clock }),
      runner: {
        runnerJs: config.runnerPath,
        scratchDir: scratchDirOf(cacheDir),
        env: config.runnerEnv,
        memoryBytesMax: config.runnerMemoryBytesMax,
      },
      providers,
      loadMsMax: defaultEngineLimits.loadMsMax,
      clock,
      log,
    });
  }

  #createMetrics(caches: () => readonly CacheSnapshot[]): Metrics {
    const { config, providers } = this.#parts;
    const gpus = new GpuPoll();
    return new Metrics({
      snapshot: () => this.#engine.snapshot(),
      build: { version: serverVersion, onnxruntime: onnxruntimeVersion },
      caches,
      providers: () => providers.map(({ name, usable }) => ({ provider: name, available: usable })),
      gpus: () => gpus.figures(),
      tritonNames: config.tritonMetrics,
    });
  }
}

/** Where runners get their own empty directories. */
export const scratchDirOf = (cacheDir: string): string => join(cacheDir, 'scratch');
