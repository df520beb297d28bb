import { beforeEach, describe, expect, it } from 'vitest';
import { failedLoadMs, fencedMax, SessionCache } from '../../../edge/host/session-cache.js';
import type { Target } from '../../../shared/engine/engine.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { Deadline } from '../../../shared/time/deadline.js';

const target = (digest: string): Target => ({ version: digest, digest, manifest: { model: 'm' } }) as unknown as Target;
const loadMsMax = 30_000;

describe('the session cache', () => {
  const clock = { time: 0, now: () => clock.time };
  let loads: string[];
  let released: string[];
  let load: (digest: string) => Promise<string>;
  let cache: SessionCache<string>;
  const use = (digest: string, work = (loaded: string): Promise<string> => Promise.resolve(loaded)): Promise<string> =>
    cache.use(target(digest), new Deadline(clock, 10_000), work);

  beforeEach(() => {
    clock.time = 0;
    loads = [];
    released = [];
    load = (digest) => Promise.resolve(`sessions of ${digest}`);
    cache = new SessionCache({
      bytesMax: 20,
      estimateBytes: () => 10,
      load: ({ digest }) => {
        loads.push(digest);
        return load(digest);
      },
      release: (loaded) => {
        released.push(loaded);
        return Promise.resolve();
      },
      loadMsMax,
      clock,
      waitUntil: (work) => void work.catch(() => undefined),
      log: () => undefined,
    });
  });

  it('loads once for all who ask', async () => {
    expect(await Promise.all([use('a'), use('a'), use('a')])).toEqual(Array(3).fill('sessions of a'));
    expect(loads).toEqual(['a']);
    expect(cache.residency('a')).toBe('ready');
    expect(cache.residency('b')).toBe('absent');
  });

  it('lets the least recently used go when the budget is used up', async () => {
    for (const digest of ['a', 'b', 'a', 'c']) await use(digest);
    expect(released).toEqual(['sessions of b']);
  });

  it('never lets go of what is in use', async () => {
    await use('b');
    await use('a', async (loaded) => {
      await use('c');
      await use('d');
      return loaded;
    });
    expect(released).toEqual(['sessions of b', 'sessions of c']);
    expect(cache.residency('a')).toBe('ready');
  });

  it('remembers a failed load for a short time, then tries again', async () => {
    load = () => Promise.reject(new BrinkError('artifact-unavailable', 'gone'));
    await expect(use('a')).rejects.toMatchObject({ code: 'artifact-unavailable' });
    load = (digest) => Promise.resolve(`sessions of ${digest}`);
    clock.time = failedLoadMs - 1;
    await expect(use('a')).rejects.toMatchObject({ code: 'artifact-unavailable' });
    expect(cache.residency('a')).toBe('failed');
    clock.time = failedLoadMs;
    expect(await use('a')).toBe('sessions of a');
    expect(loads).toEqual(['a', 'a']);
  });

  it('remembers a version that fails its golden for as long as it lives', async () => {
    load = () => Promise.reject(new BrinkError('golden-failed', 'wrong'));
    await expect(use('a')).rejects.toMatchObject({ code: 'golden-failed' });
    load = (digest) => Promise.resolve(digest);
    clock.time = 1_000 * failedLoadMs;
    await expect(use('a')).rejects.toMatchObject({ code: 'golden-failed' });
    expect([cache.residency('a'), loads]).toEqual(['failed', ['a']]);
    for (const digest of ['b', 'c', 'd']) expect(await use(digest)).toBe(digest);
    expect([cache.residency('a'), released]).toEqual(['failed', ['b']]); // it takes no room
  });

  it('remembers so many of them, and no more', async () => {
    load = () => Promise.reject(new BrinkError('golden-failed', 'wrong'));
    for (let version = 0; version <= fencedMax; version++) await use(`v${version}`).catch(() => undefined);
    expect(['v0', 'v1', `v${fencedMax}`].map((digest) => cache.residency(digest))).toEqual([
      'absent',
      'failed',
      'failed',
    ]);
  });

  it('lets the idle ones go and tries once more when a load runs out of heap', async () => {
    await use('a');
    let attempts = 0;
    load = (digest) =>
      (attempts += 1) === 1 ? Promise.reject(new BrinkError('heap-exhausted', 'full')) : Promise.resolve(digest);
    expect(await use('b')).toBe('b');
    expect(released).toEqual(['sessions of a']);
  });

  it('fails a load that runs out of heap when nothing can be let go, or when that was not enough', async () => {
    load = () => Promise.reject(new BrinkError('heap-exhausted', 'full'));
    await expect(use('a')).rejects.toMatchObject({ code: 'heap-exhausted' });
    expect(loads).toEqual(['a']);
    load = (digest) => Promise.resolve(digest);
    await use('b');
    load = () => Promise.reject(new BrinkError('heap-exhausted', 'full'));
    await expect(use('c')).rejects.toMatchObject({ code: 'heap-exhausted' });
    expect(loads).toEqual(['a', 'b', 'c', 'c']);
  });

  it('begins anew when a load was ended with the request that ran it, and drops what comes of it after all', async () => {
    let arrive = (_: string): void => undefined;
    load = () => new Promise((resolve) => (arrive = resolve));
    const lost = cache.use(target('a'), new Deadline(clock, 0), () => Promise.resolve());
    await expect(lost).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(cache.residency('a')).toBe('loading');
    clock.time = loadMsMax;
    expect(cache.residency('a')).toBe('absent');
    load = () => Promise.resolve('the second');
    expect(await use('a')).toBe('the second');
    arrive('the first');
    await new Promise((resolve) => setImmediate(resolve));
    expect(released).toEqual(['the first']);
    expect(await use('a')).toBe('the second');
  });
});
