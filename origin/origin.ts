import { mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Target } from '../shared/engine/engine.js';
import { Leases } from '../shared/release/leases.js';
import type { VersionRef } from '../shared/release/release.js';
import { systemClock } from '../shared/time/clock.js';
import type { Deadline } from '../shared/time/deadline.js';
import { BlobStore } from './artifacts/blob-store.js';
import { EdgeSource } from './artifacts/edge-source.js';
import { ManifestStore } from './artifacts/manifest-store.js';
import { VersionFilesStore } from './artifacts/version-files.js';
import type { OriginConfig } from './config.js';
import type { Log } from './engine/log.js';
import { OriginEngine } from './engine/origin-engine.js';
import { HandlerPool } from './handlers/handler-pool.js';
import { originApp } from './http/app.js';
import { createHttpServer } from './http/create-server.js';
import { OriginTier } from './http/origin-tier.js';
import { EdgeClient } from './release/edge-client.js';
import { followEveryMs, Follower } from './release/follower.js';
import { originLeaseSources } from './release/lease-sources.js';

/** How long requests in flight may take to finish once the origin is told to end. */
const drainMsMax = 10_000;
const followTimeoutMs = 5_000;

/** The origin put together: HTTP in front, runners and handlers behind, leases and artifacts from the edge. */
export class Origin {
  readonly #config: OriginConfig;
  readonly #log: Log;
  readonly #engine: OriginEngine;
  readonly #handlers: HandlerPool;
  readonly #follower: Follower;
  readonly #server: Server;
  #following: ReturnType<typeof setTimeout> | undefined;
  #closing = false;

  constructor(config: OriginConfig, log: Log) {
    this.#config = config;
    this.#log = log;
    const { cacheDir } = config;
    const clock = systemClock;
    const edge = new EdgeClient(config.edgeUrl, config.artifactToken);
    const source = new EdgeSource({ edgeUrl: config.edgeUrl.href, token: config.artifactToken });
    const onCorrupt = ({ sha256 }: { sha256: string }, from: string): void =>
      log({ event: 'corrupt-blob', sha256, from });
    const artifacts = new VersionFilesStore({
      cacheDir,
      blobs: new BlobStore({ cacheDir, source, clock, onCorrupt }),
      clock,
    });
    const manifests = new ManifestStore({ cacheDir, source });
    this.#handlers = new HandlerPool({ workerJs: config.handlerWorkerPath, workers: config.handlerWorkers, log });
    const runner = {
      runnerJs: config.runnerPath,
      threads: config.runnerThreads,
      providers: config.providers.map((name) => ({ name, options: {} })),
      spinning: true,
      scratchDir: scratchDir(cacheDir),
      env: config.runnerEnv,
    };
    this.#engine = new OriginEngine({ artifacts, handlers: this.#handlers, runner, log });
    const leases = new Leases({
      sources: originLeaseSources(edge, cacheDir),
      clock,
      random: () => Math.random(),
      background: () => undefined, // a process needs no help to keep its promises
    });
    const targetOf = async ({ version, digest }: VersionRef, deadline: Deadline): Promise<Target> => {
      return { version, digest, manifest: await manifests.manifest(digest, deadline) };
    };
    const models = (): Promise<string[]> => edge.models(AbortSignal.timeout(followTimeoutMs));
    this.#follower = new Follower({ models, leases, targetOf, engine: this.#engine, clock, log });
    const tier = new OriginTier({
      leases,
      engine: this.#engine,
      targetOf,
      limits: config.limits,
      clock,
      isReady: () => !this.#closing && this.#follower.synced,
      noteUse: (digest) => this.#follower.noteUse(digest),
    });
    this.#server = createHttpServer(
      originApp({
        tier,
        log,
        keysOf: () => config.keys,
        limitsOf: () => config.limits,
        corsOrigins: config.corsOrigins,
      }).fetch,
    );
  }

  /** Listens, then looks what is released, and again and again. Rejects with a clear text when the port is taken. */
  async listen(): Promise<{ url: string }> {
    const { host, port, cacheDir } = this.#config;
    await rm(scratchDir(cacheDir), { recursive: true, force: true }); // what runners of a killed origin left
    await mkdir(scratchDir(cacheDir), { recursive: true, mode: 0o700 });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const text =
          error.code === 'EADDRINUSE' ? `port ${port} of ${host} is taken: set ORIGIN_PORT to another` : error.message;
        reject(new Error(text, { cause: error }));
      });
      this.#server.listen(port, host, resolve);
    });
    this.#follow();
    const address = this.#server.address() as AddressInfo;
    return { url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}` };
  }

  #follow(): void {
    void this.#follower.look().finally(() => {
      if (!this.#closing) this.#following = setTimeout(() => this.#follow(), followEveryMs);
    });
  }

  /** Readiness goes false at once, requests in flight may finish, then everything ends. */
  async close(reason: string): Promise<void> {
    this.#closing = true;
    this.#log({ event: 'closing', reason });
    clearTimeout(this.#following);
    const drained = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const late = new Promise<void>((resolve) => setTimeout(resolve, drainMsMax).unref());
    await Promise.race([drained, late]);
    this.#server.closeAllConnections();
    await Promise.all([this.#engine.close(), this.#handlers.close()]);
  }
}

/** Where runners get their own empty directories. */
function scratchDir(cacheDir: string): string {
  return join(cacheDir, 'scratch');
}
