import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Keys } from '../shared/auth/keys.js';
import { commaList } from '../shared/collections/comma-list.js';
import type { KeyRings } from '../shared/http/authentication.js';
import { defaultLimits, type Limits } from '../shared/protocol/limits.js';

/** The origin's configuration, checked. The only place that reads the environment. */
export interface OriginConfig {
  readonly host: string;
  readonly port: number;
  /** Where artifacts and leases come from. */
  readonly edgeUrl: URL;
  readonly artifactToken: string;
  readonly keys: KeyRings;
  readonly limits: Limits;
  readonly cacheDir: string;
  readonly runnerPath: string;
  /** Threads of a runner within one operator. */
  readonly runnerThreads: number;
  /** onnxruntime's execution providers, the preferred one first. */
  readonly providers: readonly string[];
  /** Variables that a runner needs beyond none: the library path of a GPU's provider. */
  readonly runnerEnv: Readonly<Record<string, string>>;
  readonly handlerWorkerPath: string;
  readonly handlerWorkers: number;
  readonly corsOrigins: readonly string[];
}

const loopbackHosts = new Set(['127.0.0.1', '::1', 'localhost']);

/** Throws an Error that names the variable, what was expected, and never a secret. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): OriginConfig {
  const here = dirname(fileURLToPath(import.meta.url));
  const host = env['ORIGIN_HOST'] ?? '127.0.0.1';
  const keys = {
    inference: Keys.parse('INFERENCE_KEYS', env['INFERENCE_KEYS']),
    admin: Keys.parse('ADMIN_TOKENS', env['ADMIN_TOKENS']),
    artifacts: Keys.parse('ARTIFACT_TOKENS', undefined),
  };
  if (!loopbackHosts.has(host) && keys.inference.isEmpty) {
    throw new Error(`INFERENCE_KEYS: expected at least one key, because ORIGIN_HOST '${host}' is beyond loopback`);
  }
  return {
    host,
    port: wholeNumber(env, 'ORIGIN_PORT', 8000, 0, 65_535),
    edgeUrl: url(env, 'EDGE_URL'),
    artifactToken: required(env, 'ARTIFACT_TOKEN'),
    keys,
    limits: {
      ...defaultLimits,
      bodyBytesMax: wholeNumber(env, 'BODY_BYTES_MAX', defaultLimits.bodyBytesMax, 1, 2 ** 31),
    },
    cacheDir: resolve(env['ORIGIN_CACHE_DIR'] ?? join('.brink', 'origin')),
    runnerPath: env['ORIGIN_RUNNER_JS'] ?? join(here, 'runner.js'),
    runnerThreads: wholeNumber(env, 'ORIGIN_RUNNER_THREADS', 1, 0, 256),
    providers: commaList(env['ORIGIN_PROVIDERS'] ?? 'cpu'),
    runnerEnv:
      env['ORIGIN_RUNNER_LIBRARY_PATH'] === undefined ? {} : { LD_LIBRARY_PATH: env['ORIGIN_RUNNER_LIBRARY_PATH'] },
    handlerWorkerPath: env['ORIGIN_HANDLER_WORKER_JS'] ?? join(here, 'handler-worker.js'),
    handlerWorkers: wholeNumber(env, 'ORIGIN_HANDLER_WORKERS', availableParallelism(), 1, 256),
    corsOrigins: commaList(env['CORS_ORIGINS']),
  };
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
