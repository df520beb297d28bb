import { beforeEach, describe, expect, it } from 'vitest';
import { parseAcceptedKeys } from '../../../shared/signing/accepted-keys.js';
import { refusedForMs, SignatureGuard } from '../../../shared/signing/signature-guard.js';
import type { SignaturePolicy } from '../../../shared/signing/signing-rule.js';
import { newSigningKey } from '../../harness/signing-key.js';

const digest = 'a1'.repeat(32);
const key = newSigningKey();
const stranger = newSigningKey();
const clock = { at: 0, now: () => clock.at };
let stored: Map<string, string>;
let reads: number;
let warned: string[];
let works: Promise<unknown>[];
let failing: boolean;
beforeEach(() => {
  clock.at = Date.parse('2026-06-15T12:00:00Z');
  stored = new Map();
  [warned, works] = [[], []];
  [reads, failing] = [0, false];
});

const read = (of: string): Promise<string | undefined> => {
  reads += 1;
  return failing ? Promise.reject(new Error('R2 is out of order')) : Promise.resolve(stored.get(of));
};
const guardOf = (policy: SignaturePolicy, entry = key.entry('k', '2026-06-15'), nearer?: typeof read): SignatureGuard =>
  new SignatureGuard({
    rule: { policy, keys: parseAcceptedKeys('KEYS', entry) },
    readers: nearer === undefined ? [read] : [nearer, read],
    clock,
    warn: (of, { reason }) => warned.push(`${of.slice(0, 2)} ${reason}`),
    background: (work) => works.push(work),
  });
const sign = (): unknown => stored.set(digest, JSON.stringify(key.file(digest)));

describe('where signatures are required', () => {
  it('what is signed is looked at once, until its key expires', async () => {
    sign();
    const guard = guardOf('require');
    await guard.check(digest);
    await guard.check(digest);
    expect([reads, guard.refusal(digest)]).toEqual([1, undefined]);
    clock.at = Date.parse('2026-06-16T00:00:00Z');
    expect(guard.refusal(digest)).toMatchObject({ code: 'signature-refused' });
    await expect(guard.check(digest)).rejects.toMatchObject({ code: 'signature-refused', status: 503 });
    await expect(guard.check(digest)).rejects.toThrow(/key that has expired/);
  });

  it('what is refused is looked at again after seconds, and runs when it has been signed', async () => {
    const guard = guardOf('require');
    await expect(guard.check(digest)).rejects.toMatchObject({ code: 'signature-refused', retryAfterMs: refusedForMs });
    sign();
    await expect(guard.check(digest)).rejects.toMatchObject({ code: 'signature-refused' });
    expect([reads, guard.refusal(digest)?.message]).toEqual([1, expect.stringContaining('brink sign')]);
    clock.at += refusedForMs;
    await guard.check(digest);
    expect([reads, guard.refusal(digest)]).toEqual([2, undefined]);
  });

  it('nothing runs whose signatures cannot be read, and that is not remembered', async () => {
    sign();
    failing = true;
    const guard = guardOf('require');
    await expect(guard.check(digest)).rejects.toMatchObject({ code: 'artifact-unavailable' });
    failing = false;
    await guard.check(digest);
  });

  it.each(['{"schema":1', `{"schema":2}`, 'x'.repeat(20_000)])(
    'a file that is none vouches for nothing',
    async (text) => {
      stored.set(digest, text);
      await expect(guardOf('require').check(digest)).rejects.toThrow(/expected a signature file.*sign it again/);
    },
  );

  it('a nearer file that vouches spares the farther one, and one that does not is passed over', async () => {
    const near = (text: string | undefined) => () => Promise.resolve(text);
    await guardOf('require', key.entry('k'), near(JSON.stringify(key.file(digest)))).check(digest);
    expect(reads).toBe(0);
    sign();
    for (const text of [undefined, 'damaged', JSON.stringify(stranger.file(digest))]) {
      await guardOf('require', key.entry('k'), near(text)).check(digest);
    }
    expect(reads).toBe(3);
    stored.clear();
    const refused = guardOf('require', key.entry('k'), near(JSON.stringify(stranger.file(digest)))).check(digest);
    await expect(refused).rejects.toThrow(/no accepted key/); // the nearer one says more than nothing
  });
});

describe('where they are not', () => {
  it('nothing is read under off', async () => {
    await guardOf('off').check(digest);
    expect([reads, works.length]).toEqual([0, 0]);
  });

  it('under warn everything runs at once, and one warning comes for each digest', async () => {
    const guard = guardOf('warn');
    for (const of of [digest, digest, 'b2'.repeat(32)]) {
      await guard.check(of);
      await Promise.all(works);
    }
    clock.at += refusedForMs;
    await guard.check(digest);
    await Promise.all(works);
    expect(warned).toEqual(['a1 unsigned', 'b2 unsigned']);
    expect(guard.refusal(digest)).toBeUndefined();
  });

  it('under warn a failure to read is nobody else’s', async () => {
    failing = true;
    await guardOf('warn').check(digest);
    await expect(works[0]).rejects.toMatchObject({ code: 'artifact-unavailable' });
    expect(warned).toEqual([]);
  });
});
