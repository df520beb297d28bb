import { availableParallelism, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Keys } from '../shared/auth/keys.js';
import { commaList } from '../shared/collections/comma-list.js';
import type { KeyRings } from '../shared/http/authentication.js';
import { defaultLimits, type Limits } from '../shared/protocol/limits.js';
import { parseSigningRule, type SigningRule } from '../shared/signing/signing-rule.js';

/** The origin's configuration, checked. The only place that reads the environment. */
export interface OriginConfig {
  readonly host: string;
  readonly port: number;
  /** Undefined: no gRPC. */
  readonly grpcPort: number | undefined;
  /** Undefined: no Prometheus endpoint of its own. */
  readonly metricsPort: number | undefined;
  /** gRPC with TLS; with a CA for clients, mutual TLS. Paths of PEM files. */
  readonly tls: TlsFiles | undefined;
  /** Where artifacts and leases come from. */
  readonly edgeUrl: URL;
  readonly artifactToken: string;
  readonly keys: KeyRings;
  /** A file of keys that is read again when it changes; in place of the variables. */
  readonly keysPath: string | undefined;
  readonly limits: Limits;
  readonly cacheDir: string;
  readonly runnerPath: string;
  /** How models are run: a TOML file (origin/settings/). */
  readonly settingsPath: string | undefined;
  /** onnxruntime's execution providers where the settings name none, the preferred one first. */
  readonly providers: readonly string[] | undefined;
  /** Cores that the runners share. */
  readonly cores: number;
  readonly runnersMax: number;
  /** Resident memory of all runners. */
  readonly memoryBytesMax: number;
  /** Resident memory of any one runner: one that takes more is killed, before the system ends whatever it likes. */
  readonly runnerMemoryBytesMax: number;
  /** Variables that a runner needs beyond none: the library path of a GPU's provider. */
  readonly runnerEnv: Readonly<Record<string, string>>;
  /** How long requests in flight may take to finish once the origin is told to end. */
  readonly drainMsMax: number;
  readonly handlerWorkerPath: string;
  readonly handlerWorkers: number;
  readonly corsOrigins: readonly string[];
  /** Whether operators may load and unload models by the repository API. */
  readonly repositoryControl: boolean;
  /** Metrics also by Triton's names. */
  readonly tritonMetrics: boolean;
  /** Which signatures versions need to run here. */
  readonly signing: SigningRule;
  readonly tracing: { readonly endpoint: URL; readonly serviceName: string; readonly ratio: number } | undefined;
}

export interface TlsFiles {
  readonly certPath: string;
  readonly keyPath: string;
  readonly clientCaPath: string | undefined;
}

const loopbackHosts = new Set(['127.0.0.1', '::1', 'localhost']);

/** Whether only this machine can reach it. */
export const isLoopback = (host: string): boolean => loopbackHosts.has(host);

/** Throws an Error that names the variable, what was expected, and never a secret. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): OriginConfig {
  const here = dirname(fileURLToPath(import.meta.url));
  const host = env['ORIGIN_HOST'] ?? '127.0.0.1';
  const keys = {
    inference: Keys.parse('INFERENCE_KEYS', env['INFERENCE_KEYS']),
    read: Keys.parse('READ_KEYS', env['READ_KEYS']),
    admin: Keys.parse('ADMIN_TOKENS', env['ADMIN_TOKENS']),
    artifacts: Keys.parse('ARTIFACT_TOKENS', undefined),
  };
  if (!isLoopback(host) && keys.inference.isEmpty && path(env, 'ORIGIN_KEYS_FILE') === undefined) {
    throw new Error(`INFERENCE_KEYS: expected at least one key, because ORIGIN_HOST '${host}' is beyond loopback`);
  }
  return {
    host,
    port: wholeNumber(env, 'ORIGIN_PORT', 8000, 0, 65_535),
    grpcPort: portOrOff(env, 'ORIGIN_GRPC_PORT', 8001),
    metricsPort: portOrOff(env, 'ORIGIN_METRICS_PORT', 8002),
    tls: tlsFiles(env),
    edgeUrl: url(env, 'EDGE_URL'),
    artifactToken: required(env, 'ARTIFACT_TOKEN'),
    keys,
    keysPath: path(env, 'ORIGIN_KEYS_FILE'),
    limits: {
      ...defaultLimits,
      bodyBytesMax: wholeNumber(env, 'BODY_BYTES_MAX', defaultLimits.bodyBytesMax, 1, 2 ** 31),
    },
    cacheDir: resolve(env['ORIGIN_CACHE_DIR'] ?? join('.brink', 'origin')),
    runnerPath: env['ORIGIN_RUNNER_JS'] ?? join(here, 'runner.js'),
    settingsPath: path(env, 'ORIGIN_SETTINGS'),
    providers: env['ORIGIN_PROVIDERS'] === undefined ? undefined : commaList(env['ORIGIN_PROVIDERS']),
    cores: wholeNumber(env, 'ORIGIN_CORES', availableParallelism(), 1, 1024),
    runnersMax: wholeNumber(env, 'ORIGIN_RUNNERS_MAX', 64, 1, 10_000),
    memoryBytesMax: wholeNumber(env, 'ORIGIN_MEMORY_MIB', noMemoryMibMax, 64, noMemoryMibMax) * 2 ** 20,
    runnerMemoryBytesMax: wholeNumber(env, 'ORIGIN_RUNNER_MEMORY_MIB', runnerMemoryMib(), 64, noMemoryMibMax) * 2 ** 20,
    runnerEnv:
      env['ORIGIN_RUNNER_LIBRARY_PATH'] === undefined ? {} : { LD_LIBRARY_PATH: env['ORIGIN_RUNNER_LIBRARY_PATH'] },
    drainMsMax: wholeNumber(env, 'ORIGIN_DRAIN_MS', 10_000, 0, 600_000),
    handlerWorkerPath: env['ORIGIN_HANDLER_WORKER_JS'] ?? join(here, 'handler-worker.js'),
    handlerWorkers: wholeNumber(env, 'ORIGIN_HANDLER_WORKERS', availableParallelism(), 1, 256),
    corsOrigins: commaList(env['CORS_ORIGINS']),
    repositoryControl: onOrOff(env, 'ORIGIN_REPOSITORY_CONTROL'),
    tritonMetrics: onOrOff(env, 'ORIGIN_TRITON_METRICS'),
    signing: parseSigningRule(
      { name: 'ORIGIN_SIGNATURE_POLICY', text: env['ORIGIN_SIGNATURE_POLICY'] },
      { name: 'ORIGIN_SIGNATURE_KEYS', text: env['ORIGIN_SIGNATURE_KEYS'] },
    ),
    tracing: tracing(env),
  };
}

/** 1 PiB: no limit. */
const noMemoryMibMax = 2 ** 30;
/** Of the memory that there is, for one runner: the rest is the server's and the system's. */
const runnerMemoryShare = 0.75;

/** Of the machine, or of the container where one sets a limit (cgroups that set none name 0 or more than there is). */
export function runnerMemoryMib(constrainedBytes = process.constrainedMemory(), totalBytes = totalmem()): number {
  const bytes = constrainedBytes > 0 ? Math.min(constrainedBytes, totalBytes) : totalBytes;
  return Math.max(64, Math.floor((runnerMemoryShare * bytes) / 2 ** 20));
}

type Environment = Readonly<Record<string, string | undefined>>;

function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name}: expected a value, got none`);
  return value;
}

function url(env: Environment, name: string): URL {
  const text = required(env, name);
  if (!/^https?:\/\/[^/]/.test(text)) throw new Error(`${name}: expected an http or https URL`);
  return new URL(text.endsWith('/') ? text : `${text}/`);
}

function wholeNumber(env: Environment, name: string, otherwise: number, min: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Error(`${name}: expected a whole number from ${min} to ${max}, got '${text.slice(0, 32)}'`);
}

/** `off` for none. */
function portOrOff(env: Environment, name: string, otherwise: number): number | undefined {
  return env[name] === 'off' ? undefined : wholeNumber(env, name, otherwise, 0, 65_535);
}

function onOrOff(env: Environment, name: string): boolean {
  const text = env[name] ?? '';
  if (text === 'on') return true;
  if (text === '' || text === 'off') return false;
  throw new Error(`${name}: expected 'on' or 'off', got '${text.slice(0, 32)}'`);
}

function path(env: Environment, name: string): string | undefined {
  const text = env[name];
  return text === undefined || text === '' ? undefined : resolve(text);
}

function tlsFiles(env: Environment): TlsFiles | undefined {
  const [certPath, keyPath] = [path(env, 'ORIGIN_GRPC_TLS_CERT'), path(env, 'ORIGIN_GRPC_TLS_KEY')];
  const clientCaPath = path(env, 'ORIGIN_GRPC_TLS_CLIENT_CA');
  if (certPath !== undefined && keyPath !== undefined) return { certPath, keyPath, clientCaPath };
  const given = certPath ?? keyPath ?? clientCaPath;
  if (given === undefined) return undefined;
  throw new Error('ORIGIN_GRPC_TLS_CERT: expected it together with ORIGIN_GRPC_TLS_KEY, got only one of them');
}

/** OpenTelemetry's own names. The endpoint is the collector's; `/v1/traces` is added to it. */
function tracing(env: Environment): OriginConfig['tracing'] {
  if ((env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '') === '') return undefined;
  const text = env['OTEL_TRACES_SAMPLER_ARG'] ?? '1';
  const ratio = /^(0(\.\d+)?|1(\.0+)?)$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(ratio)) throw new Error('OTEL_TRACES_SAMPLER_ARG: expected a share from 0 to 1');
  const serviceName = env['OTEL_SERVICE_NAME'] ?? 'brink-origin';
  return { endpoint: url(env, 'OTEL_EXPORTER_OTLP_ENDPOINT'), serviceName, ratio };
}
