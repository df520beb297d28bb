import { defaultLimits } from '../shared/protocol/limits.js';
import { clockErrorMaxMs, leaseMsDefault } from '../shared/release/release.js';
import { parseSigningRule, type SigningRule } from '../shared/signing/signing-rule.js';
import type { ControlPlane } from './control/control-plane.js';

/** What wrangler.toml and the secrets give to the Worker, unchecked: the functions below make checked values of it. */
export interface Env {
  /** Blobs, manifests, and each model's release as it was last written. */
  readonly BLOBS: R2Bucket;
  /** One object per model: `idFromName(model)`. */
  readonly CONTROL: DurableObjectNamespace<ControlPlane>;

  // [vars]
  readonly ORIGIN_URL?: string;
  readonly EDGE_HEAP_MAX_MIB?: string;
  readonly EDGE_SESSION_BUDGET_MIB?: string;
  readonly EDGE_LOADS_MAX?: string;
  readonly BODY_BYTES_MAX?: string;
  readonly CORS_ORIGINS?: string;
  readonly LEASE_MS?: string;
  readonly COLLECT_GRACE_MS?: string;
  readonly SIGNATURE_POLICY?: string;
  readonly SIGNATURE_KEYS?: string;

  // secrets: comma lists of `name=token`; several are valid at once, for rotation
  readonly ADMIN_TOKENS?: string;
  readonly ARTIFACT_TOKENS?: string;
  readonly INFERENCE_KEYS?: string;
  /** May read metadata and the like, not infer. */
  readonly READ_KEYS?: string;
  /** What the edge shows to the origin. */
  readonly ORIGIN_KEY?: string;
}

type NumberVar =
  | 'EDGE_HEAP_MAX_MIB'
  | 'EDGE_SESSION_BUDGET_MIB'
  | 'EDGE_LOADS_MAX'
  | 'LEASE_MS'
  | 'BODY_BYTES_MAX'
  | 'COLLECT_GRACE_MS';

interface IntVar {
  readonly min: number;
  readonly max: number;
  readonly byDefault: number;
}

/** A var that is a whole number, or its default when absent or empty. Throws, by name, when it is anything else. */
function intVar(env: Partial<Record<NumberVar, string>>, name: NumberVar, range: IntVar): number {
  const text = env[name];
  if (text === undefined || text === '') return range.byDefault;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= range.min && value <= range.max) return value;
  throw new Error(`${name}: expected a whole number from ${range.min} to ${range.max}, got ${text.slice(0, 32)}`);
}

/** Below twice the clock error no copy of a release could be acted on at all. */
export function leaseMsOf(env: Pick<Env, 'LEASE_MS'>): number {
  return intVar(env, 'LEASE_MS', { min: 2 * clockErrorMaxMs + 100, max: 60_000, byDefault: leaseMsDefault });
}

const bytesPerMib = 1024 * 1024;

/** What the wasm heap may grow to. ORT needs 16 MiB to start. */
export function heapBytesMaxOf(env: Pick<Env, 'EDGE_HEAP_MAX_MIB'>): number {
  return bytesPerMib * intVar(env, 'EDGE_HEAP_MAX_MIB', { min: 17, max: 4_096, byDefault: 96 });
}

/** What loaded versions may take of the heap, by estimate. */
export function sessionBytesMaxOf(env: Pick<Env, 'EDGE_SESSION_BUDGET_MIB'>): number {
  return bytesPerMib * intVar(env, 'EDGE_SESSION_BUDGET_MIB', { min: 1, max: 4_096, byDefault: 72 });
}

/** Versions that an isolate loads at once: each holds its weights twice meanwhile. */
export function loadsMaxOf(env: Pick<Env, 'EDGE_LOADS_MAX'>): number {
  return intVar(env, 'EDGE_LOADS_MAX', { min: 1, max: 16, byDefault: 1 });
}

/** A request body, as it comes and decompressed. */
export function bodyBytesMaxOf(env: Pick<Env, 'BODY_BYTES_MAX'>): number {
  return intVar(env, 'BODY_BYTES_MAX', { min: 1, max: 2 ** 31, byDefault: defaultLimits.bodyBytesMax });
}

const dayMs = 24 * 60 * 60 * 1_000;

/** How long what nobody names is kept: a publisher sends its files before it names them. */
export function collectGraceMsOf(env: Pick<Env, 'COLLECT_GRACE_MS'>): number {
  return intVar(env, 'COLLECT_GRACE_MS', { min: 0, max: 365 * dayMs, byDefault: dayMs });
}

/** Which signatures versions need to run here. */
export function signingRuleOf({
  SIGNATURE_POLICY,
  SIGNATURE_KEYS,
}: Pick<Env, 'SIGNATURE_POLICY' | 'SIGNATURE_KEYS'>): SigningRule {
  // prettier-ignore
  return parseSigningRule(
    { name: 'SIGNATURE_POLICY', text: SIGNATURE_POLICY },
    { name: 'SIGNATURE_KEYS', text: SIGNATURE_KEYS },
  );
}
