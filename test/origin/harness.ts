import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactSource } from '../../origin/artifacts/artifact-source.js';
import { BlobStore } from '../../origin/artifacts/blob-store.js';
import { VersionFilesStore } from '../../origin/artifacts/version-files.js';
import { OriginEngine, type OriginEngineParts } from '../../origin/engine/origin-engine.js';
import { VersionStarter } from '../../origin/engine/version-starter.js';
import { defaultModelSettings, type ModelSettings } from '../../origin/settings/model-settings.js';
import { HandlerPool, type HandlerPoolOptions } from '../../origin/handlers/handler-pool.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Target } from '../../shared/engine/engine.js';
import { canonicalJson } from '../../shared/manifest/canonical.js';
import { manifestDigest } from '../../shared/manifest/digest.js';
import { type BlobRef, type Manifest, manifestSchema } from '../../shared/manifest/manifest.js';
import type { InferRequest } from '../../shared/protocol/infer.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { systemClock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import type { TestModel } from '../harness/onnx.js';
import type { Bundles } from './bundle-origin.js';

export { type Bundles, bundleOrigin } from './bundle-origin.js';
export { bits, fp32, int64 } from './tensors.js';

/** Artifacts in memory, counting who asks; `tamper` changes the bytes on the way. */
export class MemorySource implements ArtifactSource {
  readonly blobs = new Map<string, Uint8Array>();
  readonly manifests = new Map<string, string>();
  readonly signatureFiles = new Map<string, string>();
  readonly asked: string[] = [];
  tamper: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  failures = 0;

  put(bytes: Uint8Array): BlobRef {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.blobs.set(sha256, bytes);
    return { sha256, bytes: bytes.byteLength };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as a source over the network would be
  async blob(sha256: string): Promise<ReadableStream<Uint8Array>> {
    this.asked.push(sha256);
    if (this.failures-- > 0) throw new BrinkError('artifact-unavailable', 'expected an answer, got none');
    const bytes = this.blobs.get(sha256);
    if (bytes === undefined) throw new BrinkError('artifact-unavailable', 'expected a blob that is stored, got none');
    const sent = this.tamper(bytes);
    return new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < sent.byteLength; at += 1000) controller.enqueue(sent.slice(at, at + 1000));
        controller.close();
      },
    });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as a source over the network would be
  async manifest(digest: string): Promise<string> {
    this.asked.push(digest);
    const text = this.manifests.get(digest);
    if (text === undefined)
      throw new BrinkError('artifact-unavailable', 'expected a manifest that is stored, got none');
    return text;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as a source over the network would be
  async signatures(digest: string): Promise<string | undefined> {
    this.asked.push(`signatures of ${digest}`);
    if (this.failures-- > 0) throw new BrinkError('artifact-unavailable', 'expected an answer, got none');
    return this.signatureFiles.get(digest);
  }

  /** A version of these graphs, stored here; `infer` runs the first of them. */
  async publish(graphs: Record<string, TestModel>, more: Partial<Manifest> = {}): Promise<Target> {
    const entries = Object.entries(graphs).map(([name, { bytes, signature, externalData }]) => {
      const external = Object.entries(externalData).map(([file, weights]) => [file, this.put(weights)]);
      return [name, { model: this.put(bytes), externalData: Object.fromEntries(external) as object, signature }];
    });
    const manifest = manifestSchema.parse({
      schema: 1,
      model: 'test',
      graphs: Object.fromEntries(entries) as object,
      inferGraph: Object.keys(graphs)[0],
      handler: null,
      files: {},
      settings: {},
      placement: { tiers: ['origin'] },
      batching: null,
      deadlineMs: 10_000,
      ...more,
    });
    const digest = await manifestDigest(manifest);
    this.manifests.set(digest, canonicalJson(manifest));
    return { version: '1', digest, manifest };
  }
}

export interface TestOrigin {
  readonly engine: OriginEngine;
  readonly pool: HandlerPool;
  readonly source: MemorySource;
  readonly cacheDir: string;
  readonly scratchDir: string;
  readonly events: Readonly<Record<string, unknown>>[];
  /** Process ids of the runners that became ready, oldest first. */
  pids(): number[];
  /** Resolves when an event of this name has been logged `count` times in all. */
  logged(event: string, count?: number): Promise<void>;
  close(): Promise<void>;
}

/** `BRINK_TEST_PROVIDERS=cuda,cpu npx vitest run test/origin` runs these tests on a GPU. */
const testProviders = (process.env['BRINK_TEST_PROVIDERS'] ?? 'cpu').split(',');
const libraryPath: Readonly<Record<string, string>> =
  process.env['LD_LIBRARY_PATH'] === undefined ? {} : { LD_LIBRARY_PATH: process.env['LD_LIBRARY_PATH'] };

export interface TestOriginOptions extends Partial<Omit<OriginEngineParts, 'log'>> {
  readonly pool?: Partial<HandlerPoolOptions>;
  readonly settings?: Partial<ModelSettings>;
}

/** The whole engine on a source in memory, with its files in a temporary directory. */
export async function startTestOrigin(bundles: Bundles, more: TestOriginOptions = {}): Promise<TestOrigin> {
  const { pool: poolOptions, settings, ...parts } = more;
  const directory = await mkdtemp(join(tmpdir(), 'brink-test-origin-'));
  const [cacheDir, scratchDir] = [join(directory, 'cache'), join(directory, 'scratch')];
  await mkdir(scratchDir);
  const events: Record<string, unknown>[] = [];
  const listeners = new Set<() => void>();
  const log = (event: Readonly<Record<string, unknown>>): void => {
    events.push(event);
    for (const listener of listeners) listener();
  };
  const source = new MemorySource();
  const clock = systemClock;
  const onCorrupt = ({ sha256 }: BlobRef, from: string): void => log({ event: 'corrupt', sha256, from });
  const blobs = new BlobStore({ cacheDir, source, clock, onCorrupt });
  const artifacts = new VersionFilesStore({ cacheDir, blobs, clock });
  const pool = new HandlerPool({ workerJs: bundles.workerJs, log, workers: 2, ...poolOptions });
  const starter = new VersionStarter({
    artifacts,
    runner: { runnerJs: bundles.runnerJs, scratchDir, env: libraryPath },
    providers: [...new Set(['cpu', ...testProviders])].map((name) => ({ name, usable: true, reason: '' })),
    loadMsMax: 60_000,
    clock,
    log,
  });
  // One runner, unless a test says otherwise: it is told by its process id.
  const settingsOf = () => ({ ...defaultModelSettings, instances: 1, providers: testProviders, ...settings });
  const engine = new OriginEngine({ starter, handlers: pool, settingsOf, coreCount: 2, log, ...parts });
  const times = (name: string): number => events.filter(({ event }) => event === name).length;
  return {
    engine,
    pool,
    source,
    cacheDir,
    scratchDir,
    events,
    pids: () => events.filter(({ event }) => event === 'runner-ready').map(({ pid }) => pid as number),
    logged: (event, count = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (times(event) < count) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
      }),
    close: async () => {
      await engine.close();
      await pool.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export const within = (budgetMs: number): Deadline => new Deadline(systemClock, budgetMs);

export const request = (...inputs: Tensor[]): InferRequest => ({
  id: undefined,
  parameters: {},
  inputs,
  outputs: undefined,
});

/** Timers that fire when the test says so; the clock moves with them. */
export class ManualTime {
  #now = 1_000_000;
  readonly #timers = new Set<{ at: number; work: () => void }>();

  readonly now = (): number => this.#now;

  readonly schedule = (work: () => void, delayMs: number): (() => void) => {
    const timer = { at: this.#now + delayMs, work };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.work();
    }
    this.#now = until;
  }
}
