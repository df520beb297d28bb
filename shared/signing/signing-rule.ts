import { type AcceptedKey, parseAcceptedKeys } from './accepted-keys.js';

/** `off`: nobody looks. `warn`: what would be refused is logged, and runs. `require`: it does not run. */
export const signaturePolicies = ['off', 'warn', 'require'] as const;
export type SignaturePolicy = (typeof signaturePolicies)[number];

/** What a tier asks of the versions that it runs. */
export interface SigningRule {
  readonly policy: SignaturePolicy;
  readonly keys: readonly AcceptedKey[];
}

export const noSigning: SigningRule = { policy: 'off', keys: [] };

/** A setting by the name that its errors have. */
export interface Setting {
  readonly name: string;
  readonly text: string | undefined;
}

/** Throws an Error, by name, for a policy that is none, keys that are none, and a policy that nothing could satisfy. */
export function parseSigningRule(policySetting: Setting, keysSetting: Setting): SigningRule {
  const text = policySetting.text === undefined || policySetting.text === '' ? 'off' : policySetting.text;
  const policy = signaturePolicies.find((one) => one === text);
  if (policy === undefined) {
    throw new Error(`${policySetting.name}: expected ${signaturePolicies.join(', ')}, got '${text.slice(0, 32)}'`);
  }
  const keys = parseAcceptedKeys(keysSetting.name, keysSetting.text);
  if (policy !== 'off' && keys.length === 0) {
    throw new Error(`${keysSetting.name}: expected at least one key, because ${policySetting.name} is '${policy}'`);
  }
  return { policy, keys };
}
