import { describe, expect, it } from 'vitest';
import { pinnedRef, priority, timeoutMs } from '../../../shared/http/call-headers.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';

const digest = 'a'.repeat(64);
const header = (value: string | undefined) => () => value;

describe('the pin', () => {
  it('is a version and a digest', () => {
    expect(pinnedRef(header(`v1.2@${digest}`))).toEqual({ version: 'v1.2', digest });
    expect(pinnedRef(header(undefined))).toBeUndefined();
  });

  it.each(['', '@', 'v1', `@${digest}`, `v1@${digest}@`, `v1@${digest}@${digest}`, `v..1@${digest}`, `v1@${digest}0`])(
    'is refused when it is %j',
    (value) => {
      expect(() => pinnedRef(header(value))).toThrow(/expected x-brink-pin to be '<version>@<sha-256/);
    },
  );
});

describe('the timeout', () => {
  it('is a whole number of milliseconds within the limit', () => {
    expect(timeoutMs(header('1'), defaultLimits)).toBe(1);
    expect(timeoutMs(header('120000'), defaultLimits)).toBe(120_000);
    expect(timeoutMs(header(undefined), defaultLimits)).toBeUndefined();
  });

  it.each(['0', '-1', '120001', '1e9', '1.5', 'soon', ''])('is refused when it is %j', (value) => {
    expect(() => timeoutMs(header(value), defaultLimits)).toThrow(/a whole number from 1 to 120000/);
  });
});

describe('the priority', () => {
  it('is a whole number, and 0 when none is said', () => {
    expect([undefined, '0', '1', '2147483648'].map((text) => priority(header(text)))).toEqual([0, 0, 1, 2 ** 31]);
  });

  it.each(['-1', '1.5', 'high', '', '2147483649', '9999999999'])('is refused when it is %j', (value) => {
    expect(() => priority(header(value))).toThrow(/x-brink-priority to be a whole number from 0 to 2147483648/);
  });
});
