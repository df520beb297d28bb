import { bodyBytesMaxOf, heapBytesMaxOf, leaseMsOf, sessionBytesMaxOf, signingRuleOf } from '../../edge/bindings.js';
import { Keys } from '../../shared/auth/keys.js';
import { StartRefused } from './start-refused.js';

/** What `npm start` passes on to the Worker when it is set, over what wrangler.toml says. */
export const edgeVarNames = [
  'CORS_ORIGINS',
  'INFERENCE_KEYS',
  'READ_KEYS',
  'EDGE_HEAP_MAX_MIB',
  'EDGE_SESSION_BUDGET_MIB',
  'BODY_BYTES_MAX',
  'LEASE_MS',
  'SIGNATURE_POLICY',
  'SIGNATURE_KEYS',
] as const;

/** And to the origin. Not INFERENCE_KEYS: its only caller is the edge. */
export const originVarNames = [
  'CORS_ORIGINS',
  'BODY_BYTES_MAX',
  'ORIGIN_PROVIDERS',
  'ORIGIN_SETTINGS',
  'ORIGIN_CORES',
  'ORIGIN_MEMORY_MIB',
  'ORIGIN_TRITON_METRICS',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'ORIGIN_RUNNER_LIBRARY_PATH',
  'ORIGIN_SIGNATURE_POLICY',
  'ORIGIN_SIGNATURE_KEYS',
] as const;

export interface ServerVars {
  readonly edge: Readonly<Record<string, string>>;
  readonly origin: Readonly<Record<string, string>>;
}

/** Throws StartRefused, by name, for a value that the Worker would refuse with each request. */
export function serverVars(env: Readonly<Record<string, string | undefined>>): ServerVars {
  const edge = picked(edgeVarNames, env);
  try {
    Keys.parse('INFERENCE_KEYS', edge['INFERENCE_KEYS']);
    for (const check of [bodyBytesMaxOf, heapBytesMaxOf, leaseMsOf, sessionBytesMaxOf, signingRuleOf]) check(edge);
  } catch (error) {
    throw new StartRefused(error instanceof Error ? error.message : String(error), { exit: 2, cause: error });
  }
  return { edge, origin: picked(originVarNames, env) };
}

/** An empty variable is none: it would take away what the servers do by default. */
function picked(names: readonly string[], env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}
