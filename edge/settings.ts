import { commaList } from '../shared/collections/comma-list.js';
import type { MiddlewareHandler } from 'hono';
import { corsFor } from '../shared/http/cors.js';
import { type KeyRings } from '../shared/http/authentication.js';
import { Keys } from '../shared/auth/keys.js';
import { defaultLimits, type Limits } from '../shared/protocol/limits.js';
import type { SigningRule } from '../shared/signing/signing-rule.js';
import { bodyBytesMaxOf, type Env, signingRuleOf } from './bindings.js';

/** The Worker's configuration, checked. The only place that reads plain variables and secrets for the gateway. */
export interface Settings {
  /** Undefined: there is no origin. */
  readonly originUrl: URL | undefined;
  readonly originKey: string | undefined;
  readonly keys: KeyRings;
  readonly limits: Limits;
  readonly cors: MiddlewareHandler;
  readonly signing: SigningRule;
}

// One isolate has one environment; a test's Worker may get another object for the same one.
const bySource = new WeakMap<Env, Settings>();

export function settingsOf(env: Env): Settings {
  let settings = bySource.get(env);
  if (settings === undefined) {
    settings = parseSettings(env);
    bySource.set(env, settings);
  }
  return settings;
}

function parseSettings(env: Env): Settings {
  return {
    originUrl: optionalUrl('ORIGIN_URL', env.ORIGIN_URL),
    originKey: env.ORIGIN_KEY === '' ? undefined : env.ORIGIN_KEY,
    keys: {
      inference: Keys.parse('INFERENCE_KEYS', env.INFERENCE_KEYS),
      read: Keys.parse('READ_KEYS', env.READ_KEYS),
      admin: Keys.parse('ADMIN_TOKENS', env.ADMIN_TOKENS),
      artifacts: Keys.parse('ARTIFACT_TOKENS', env.ARTIFACT_TOKENS),
    },
    limits: {
      ...defaultLimits,
      bodyBytesMax: bodyBytesMaxOf(env),
    },
    cors: corsFor(commaList(env.CORS_ORIGINS)),
    signing: signingRuleOf(env),
  };
}

function optionalUrl(name: string, text: string | undefined): URL | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^https?:\/\/[^/]/.test(text)) throw new Error(`${name}: expected an http or https URL, or nothing`);
  return new URL(text);
}
