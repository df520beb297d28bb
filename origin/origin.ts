import { mkdir, readFile, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KeysFile } from './access/keys-file.js';
import type { KeyRings } from '../shared/auth/key-rings.js';
import { systemClock } from '../shared/time/clock.js';
import { Backend, scratchDirOf } from './backend.js';
import { isLoopback, type OriginConfig, type TlsFiles } from './config.js';
import type { Log } from './engine/log.js';
import { systemSchedule } from './engine/schedule.js';
import { detectProviders, type ProviderReport } from './engine/process/detect-providers.js';
import { GrpcServer } from './grpc/grpc-server.js';
import type { GrpcTls } from './grpc/tls.js';
import { originApp } from './http/app.js';
import { createHttpServer } from './http/create-server.js';
import { HttpDrain } from './http/drain-http.js';
import { FrontDoor } from './http/front-door.js';
import { MetricsServer } from './observe/metrics-server.js';
import type { RequestEnded } from '../shared/http/request-scope.js';
import { type EndedRequest, traceRequest } from './observe/trace-request.js';
import { createTracing, type Tracing } from './observe/tracing.js';
import { checkThreads } from './settings/check-threads.js';
import { readSettingsFile } from './settings/settings-file.js';
import type { SettingsFile } from './settings/model-settings.js';

/** How long what could not be finished may take to be told so. */
const refuseMsMax = 1_000;
/** For each execution provider that is tried at the start. */
const detectMsMax = 60_000;

/** Where the origin can be reached; undefined: that channel is off. */
export interface Listening {
  readonly url: string;
  readonly grpc: string | undefined;
  readonly metrics: string | undefined;
}

interface OriginParts {
  readonly config: OriginConfig;
  readonly log: Log;
  readonly backend: Backend;
  readonly keys: { readonly rings: () => KeyRings; stop(): void };
  readonly tracing: Tracing;
  readonly tls: GrpcTls | undefined;
}

/** The origin put together: REST, gRPC and metrics in front, the backend behind. */
export class Origin {
  readonly #parts: OriginParts;
  readonly #http: Server;
  readonly #httpDrain: HttpDrain;
  readonly #door: FrontDoor;
  readonly #grpc: GrpcServer;
  #metrics: MetricsServer | undefined;

  private constructor(parts: OriginParts) {
    this.#parts = parts;
    const { config, log, backend, keys, tracing, tls } = parts;
    const { tier, metrics } = backend;
    const limitsOf = (model?: string) => backend.limitsOf(model);
    const observe = metrics.observeRequest;
    const trace = (request: EndedRequest): void => traceRequest(tracing, request);
    const onEnd = (ended: RequestEnded): void => {
      observe({ protocol: 'rest', ...ended });
      trace({ protocol: 'rest', ...ended });
    };
    const app = originApp({ tier, log, keysOf: keys.rings, limitsOf, corsOrigins: config.corsOrigins, onEnd });
    this.#door = new FrontDoor({
      refusal: (model) => backend.refusal(model),
      clock: systemClock,
      random: () => Math.random(),
      schedule: systemSchedule,
      log,
      onEnd: (ended) => observe({ protocol: 'rest', ...ended }), // no spans: in an overload there would be most of these
    });
    this.#http = createHttpServer(app.fetch, this.#door);
    this.#httpDrain = new HttpDrain(this.#http);
    this.#grpc = new GrpcServer({
      tier,
      rings: keys.rings,
      limitsOf,
      clock: systemClock,
      random: () => Math.random(),
      log,
      observe,
      trace,
      ...(tls === undefined ? {} : { tls }),
    });
  }

  /** Reads what the configuration names and looks what this machine has. Throws an Error that names what is wrong. */
  static async create(config: OriginConfig, log: Log): Promise<Origin> {
    const settings = withProviders(await readSettingsFile(config.settingsPath), config.providers);
    checkThreads(settings, config.cores);
    await rm(scratchDirOf(config.cacheDir), { recursive: true, force: true }); // what runners of a killed origin left
    await mkdir(scratchDirOf(config.cacheDir), { recursive: true, mode: 0o700 });
    const providers = await providersHere(config, settings, log);
    const { tracing: otlp } = config;
    return new Origin({
      config,
      log,
      backend: new Backend({ config, settings, providers, log }),
      keys: await keysOf(config, log),
      tracing: await createTracing({
        endpoint: otlp?.endpoint,
        serviceName: otlp?.serviceName ?? 'brink-origin',
        ratio: otlp?.ratio ?? 1,
        log,
      }),
      tls: config.tls === undefined ? undefined : await readTls(config.tls),
    });
  }

  /** Listens, then follows what is released. Rejects with a clear text when a port is taken. */
  async listen(): Promise<Listening> {
    const { config, backend, keys, log } = this.#parts;
    const { host } = config;
    const port = await listenHttp(this.#http, host, config.port);
    const listening = {
      url: `http://${hostText(host)}:${port}`,
      grpc: config.grpcPort === undefined ? undefined : `${hostText(host)}:${await this.#grpc.listen(host, config.grpcPort)}`, // prettier-ignore
    };
    if (config.metricsPort !== undefined) {
      const { metrics } = backend;
      this.#metrics = new MetricsServer({ metrics, rings: keys.rings, host, port: config.metricsPort, log });
    }
    const metrics = await this.#metrics?.listen();
    backend.follow();
    return { ...listening, metrics: metrics?.url };
  }

  /** Readiness goes false at once, requests in flight may finish, what cannot is refused, then everything ends. */
  async close(reason: string): Promise<void> {
    const { config, log, backend, keys, tracing } = this.#parts;
    log({ event: 'closing', reason });
    backend.drain();
    const answered = Promise.all([this.#httpDrain.drain(), this.#grpc.close(config.drainMsMax + refuseMsMax)]);
    await Promise.race([answered, after(config.drainMsMax)]);
    await backend.close(); // what still waits or runs fails with `shutting-down`
    await Promise.race([answered, after(refuseMsMax)]);
    this.#http.closeAllConnections();
    this.#door.close();
    keys.stop();
    await Promise.all([this.#metrics?.close(), tracing.shutdown()]);
  }
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host);

async function listenHttp(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `port ${port} of ${host} is taken: set ORIGIN_PORT to another`;
      reject(new Error(error.code === 'EADDRINUSE' ? taken : error.message, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** The variable holds where the settings file says nothing. */
function withProviders(file: SettingsFile, providers: readonly string[] | undefined): SettingsFile {
  if (providers === undefined || file.defaults.providers !== undefined) return file;
  return { ...file, defaults: { ...file.defaults, providers: [...providers] } };
}

/** The CPU always works; others are tried, in a process of their own, when a model is to run on one. */
async function providersHere(
  config: OriginConfig,
  settings: SettingsFile,
  log: Log,
): Promise<readonly ProviderReport[]> {
  const wanted = [settings.defaults, ...Object.values(settings.models)]
    .flatMap(({ providers = [] }) => providers)
    .map((provider) => (typeof provider === 'string' ? provider : provider.name));
  const names = [...new Set(wanted)];
  if (names.every((name) => name === 'cpu')) return [{ name: 'cpu', usable: true, reason: 'always' }];
  const { runnerPath: runnerJs, runnerEnv: env, cacheDir } = config;
  const parts = { runnerJs, env, scratchDir: scratchDirOf(cacheDir), names, timeoutMs: detectMsMax };
  const report = await detectProviders({ ...parts, clock: systemClock, log });
  log({ event: 'providers', report });
  return report;
}

/** The keys of the file, as they are now, or those of the variables. */
async function keysOf(config: OriginConfig, log: Log): Promise<OriginParts['keys']> {
  const { keysPath: path, keys, host } = config;
  if (path === undefined) return { rings: () => keys, stop: () => undefined };
  const file = await KeysFile.open({ path, inferenceRequired: !isLoopback(host), schedule: systemSchedule, log });
  const reload = (): void => void file.reload();
  process.on('SIGHUP', reload);
  const stop = (): void => {
    process.off('SIGHUP', reload);
    file.close();
  };
  return { rings: () => file.rings, stop };
}

async function readTls({ certPath, keyPath, clientCaPath }: TlsFiles): Promise<GrpcTls> {
  const [certPem, keyPem] = await Promise.all([readFile(certPath), readFile(keyPath)]);
  return clientCaPath === undefined
    ? { certPem, keyPem }
    : { certPem, keyPem, clientCaPem: await readFile(clientCaPath) };
}
