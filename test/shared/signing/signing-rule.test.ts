import { describe, expect, it } from 'vitest';
import { keyIdOf, parseAcceptedKeys } from '../../../shared/signing/accepted-keys.js';
import { parseSigningRule } from '../../../shared/signing/signing-rule.js';
import { newSigningKey } from '../../harness/signing-key.js';

const key = newSigningKey();
const publicKey = key.entry('k').slice(2);
const parse = (text: string | undefined) => parseAcceptedKeys('SIGNATURE_KEYS', text);

describe('accepted keys', () => {
  it('are a list of names, public keys and expiries', async () => {
    const [first, second, third] = parse(
      ` ${key.entry('ci')}, ${key.entry('me', '2027-01-31')},${key.entry('x', '2027-01-31T12:30Z')}`,
    );
    expect(first).toEqual({ name: 'ci', publicKey: new Uint8Array(key.publicKey), expiresAt: undefined });
    expect(second?.expiresAt).toBe(Date.parse('2027-02-01T00:00:00Z')); // the whole day still counts
    expect(third?.expiresAt).toBe(Date.parse('2027-01-31T12:30:00Z'));
    expect(await keyIdOf(key.publicKey)).toBe(key.id);
    expect(parse(undefined)).toEqual([]);
  });

  it.each([
    ['no name', publicKey, /SIGNATURE_KEYS: expected 'name=<public key>'/],
    ['a key that is too short', `a=${publicKey.slice(4)}`, /32 bytes in base64/],
    ['a key with bits behind its end', `a=${publicKey.slice(0, 42)}B=`, /32 bytes in base64/],
    ['a private key', `a=-----BEGIN PRIVATE KEY-----`, /32 bytes in base64/],
    ['an expiry that is no date', key.entry('a', 'tomorrow'), /'a' to expire at a date .* got 'tomorrow'/],
    ['a day that no month has', key.entry('a', '2027-02-31'), /got '2027-02-31'/],
    ['a time of no known zone', key.entry('a', '2027-02-01T12:00'), /a time in UTC/],
    ['the second entry wrong', `${key.entry('a')},b=`, /entry 2 is 'b='/],
    ['a name twice', `${key.entry('a')},${newSigningKey().entry('a')}`, /'a' twice/],
    ['too many', Array.from({ length: 65 }, (_, at) => key.entry(`k${at}`)).join(','), /at most 64 keys, got 65/],
  ])('with %s are refused by the name of the setting', (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});

describe('the policy', () => {
  const rule = (policy: string | undefined, keys?: string) =>
    parseSigningRule({ name: 'SIGNATURE_POLICY', text: policy }, { name: 'SIGNATURE_KEYS', text: keys });

  it('is off unless it is set', () => {
    for (const text of [undefined, '', 'off']) expect(rule(text)).toEqual({ policy: 'off', keys: [] });
    expect(rule('require', key.entry('a'))).toMatchObject({ policy: 'require', keys: [{ name: 'a' }] });
  });

  it('is refused, by name, when it is another word or nothing could satisfy it', () => {
    expect(() => rule('on')).toThrow("SIGNATURE_POLICY: expected off, warn, require, got 'on'");
    expect(() => rule('require')).toThrow(/SIGNATURE_KEYS: expected at least one key, because .* 'require'/);
    expect(() => rule('warn', ' ')).toThrow(/SIGNATURE_KEYS/);
  });
});
