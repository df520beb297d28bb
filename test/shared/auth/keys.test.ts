import { describe, expect, it } from 'vitest';
import { bearerToken, Keys } from '../../../shared/auth/keys.js';

const [first, second] = ['first-token-0123456789', 'second-token-012345678'];

describe('keys', () => {
  it('are all valid at once, so that one can be replaced without an outage', async () => {
    const keys = Keys.parse('ADMIN_TOKENS', `old=${first}, new=${second}`);
    expect(await keys.nameOf(first)).toBe('old');
    expect(await keys.nameOf(second)).toBe('new');
    expect(await keys.nameOf(`${first}x`)).toBeUndefined();
    expect(await keys.nameOf(undefined)).toBeUndefined();
  });

  it('of an empty list fit nobody', async () => {
    expect(Keys.parse('X', undefined).isEmpty).toBe(true);
    expect(await Keys.parse('X', '').nameOf('')).toBeUndefined();
  });

  it('that are malformed are refused by setting and position, without quoting them', () => {
    expect(() => Keys.parse('ADMIN_TOKENS', `a=${first},secret-without-name-0123`)).toThrow(
      /^ADMIN_TOKENS: .*entry 2 is not$/,
    );
    expect(() => Keys.parse('ADMIN_TOKENS', 'a=short')).toThrow('16 to 512');
  });

  it('are read from a bearer header and no other', () => {
    expect(bearerToken('Bearer abc')).toBe('abc');
    expect(bearerToken('bearer   abc ')).toBe('abc');
    expect(bearerToken('Basic abc')).toBeUndefined();
    expect(bearerToken('Bearer a b')).toBeUndefined();
    expect(bearerToken(undefined)).toBeUndefined();
  });
});
