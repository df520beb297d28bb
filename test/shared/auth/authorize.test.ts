import { describe, expect, it } from 'vitest';
import { authorize, refusalError } from '../../../shared/auth/authorize.js';
import type { KeyRings } from '../../../shared/auth/key-rings.js';
import { Keys } from '../../../shared/auth/keys.js';
import { type Operation, operations } from '../../../shared/auth/operations.js';
import { tokenKinds, tokens, verdictCases, verdicts } from '../../conformance/verdicts.js';

const all = Object.keys(operations) as Operation[];

function ringsOf(members: Partial<Record<keyof KeyRings, string>> = {}): KeyRings {
  const ring = (name: keyof KeyRings): Keys => Keys.parse(name, members[name]);
  return { inference: ring('inference'), read: ring('read'), admin: ring('admin'), artifacts: ring('artifacts') };
}

const rings = ringsOf({
  inference: `app=${tokens.inference ?? ''}`,
  read: `dashboard=${tokens.read ?? ''}`,
  admin: `ops=${tokens.admin ?? ''}`,
  artifacts: 'origin=verdicts-artifact-token-0123',
});

describe('who may do what', () => {
  it('is written down for every operation', () => {
    expect(Object.keys(verdicts).sort()).toEqual([...all].sort());
  });

  // Twice: a token that was proven once is known the second time.
  it.each(verdictCases(all))('%s with the token kind %s: %s', async (operation, kind, expected) => {
    for (const _ of ['first', 'again']) {
      expect((await authorize(operation, tokens[kind], rings)).kind).toBe(expected);
    }
  });

  it('names the key and says who is an operator', async () => {
    const caller = (kind: 'inference' | 'read' | 'admin') => authorize('server-metadata', tokens[kind], rings);
    expect(await caller('inference')).toEqual({ kind: 'allowed', caller: 'app', isOperator: false });
    expect(await caller('read')).toEqual({ kind: 'allowed', caller: 'dashboard', isOperator: false });
    expect(await caller('admin')).toEqual({ kind: 'allowed', caller: 'ops', isOperator: true });
  });

  it('gives an artifact token nothing', async () => {
    for (const operation of all.filter((one) => operations[one] !== 'open')) {
      expect((await authorize(operation, 'verdicts-artifact-token-0123', rings)).kind).toBe('unauthenticated');
    }
  });

  it('is everybody on the data plane where no inference key is configured, and operators alone beyond it', async () => {
    const open = ringsOf({ read: `dashboard=${tokens.read ?? ''}`, admin: `ops=${tokens.admin ?? ''}` });
    for (const kind of tokenKinds) {
      expect((await authorize('infer', tokens[kind], open)).kind).toBe('allowed');
      expect((await authorize('metrics', tokens[kind], open)).kind).toBe('allowed');
    }
    expect((await authorize('repository-load', undefined, open)).kind).toBe('unauthenticated');
    expect((await authorize('repository-load', tokens.read, open)).kind).toBe('operators-only');
    expect(await authorize('infer', tokens.admin, open)).toEqual({ kind: 'allowed', caller: 'ops', isOperator: true });
  });

  it('is looked at anew when the keys are others: a key that was taken away is known no longer', async () => {
    expect((await authorize('infer', tokens.inference, rings)).kind).toBe('allowed');
    const rotated = ringsOf({ inference: 'app=another-inference-key-0123' });
    expect((await authorize('infer', tokens.inference, rotated)).kind).toBe('unauthenticated');
    expect((await authorize('infer', 'another-inference-key-0123', rotated)).kind).toBe('allowed');
  });

  it('is said in words that name the operation and no token', () => {
    expect(refusalError('unauthenticated', 'infer').message).toBe(
      "expected an inference key in 'authorization: Bearer <token>'",
    );
    expect(refusalError('unauthenticated', 'repository-load').message).toMatch(/an admin token/);
    expect(refusalError('read-only-key', 'infer')).toMatchObject({ status: 403, message: /may only read/ });
    expect(refusalError('operators-only', 'repository-load')).toMatchObject({ status: 403 });
  });
});

describe('a token that was proven', () => {
  it('is not hashed again', async () => {
    const own = ringsOf({ inference: 'app=a-key-that-is-hashed-once-012' });
    const { subtle } = crypto;
    let hashed = 0;
    const digest = subtle.digest.bind(subtle);
    subtle.digest = (...args) => {
      hashed += 1;
      return digest(...args);
    };
    try {
      await authorize('infer', 'a-key-that-is-hashed-once-012', own);
      const once = hashed;
      expect(once).toBeGreaterThan(0);
      await authorize('infer', 'a-key-that-is-hashed-once-012', own);
      expect(hashed).toBe(once);
      await authorize('infer', 'a-key-that-is-none-at-all-012', own);
      await authorize('infer', 'a-key-that-is-none-at-all-012', own);
      expect(hashed).toBe(once + 2); // one ring has keys: a wrong token is never kept
    } finally {
      subtle.digest = digest;
    }
  });
});
