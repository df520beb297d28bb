import { describe, expect, it } from 'vitest';
import { Follower } from '../../../origin/release/follower.js';
import type { Engine, Residency, Target } from '../../../shared/engine/engine.js';
import { Leases } from '../../../shared/release/leases.js';
import { Deadline } from '../../../shared/time/deadline.js';
import type { Release } from '../../../shared/release/release.js';

const ref = (version: string) => ({ version, digest: version.padEnd(64, '0') });
const [v1, v2, v3] = [ref('a1'), ref('a2'), ref('a3')];

function setUp(tiers: ('edge' | 'origin')[] = ['origin']) {
  const clock = { at: 0, now: () => clock.at };
  const state = {
    release: {
      schema: 1,
      model: 'm',
      epoch: 1,
      stable: v1,
      lastGood: v1,
      fenced: [],
      versions: [v1, v2, v3],
    } as Release,
    down: false,
  };
  const loaded = new Map<string, Residency>();
  const engine = {
    prefetch: ({ digest }: Target) => {
      loaded.set(digest, 'ready');
      return Promise.resolve();
    },
    residency: (digest: string) => loaded.get(digest) ?? 'absent',
    retire: (keep: ReadonlySet<string>) => {
      for (const digest of [...loaded.keys()]) if (!keep.has(digest)) loaded.delete(digest);
      return Promise.resolve();
    },
  } as unknown as Engine & { retire(keep: ReadonlySet<string>): Promise<void> };
  const leases = new Leases({
    clock,
    random: () => 0.5,
    background: () => undefined,
    sources: {
      ask: () =>
        state.down
          ? Promise.reject(new Error('down'))
          : Promise.resolve({ release: state.release, leaseMs: 2_000, reportEveryMs: 1 }),
      shared: () => Promise.resolve(undefined),
      share: () => Promise.resolve(),
      lastResort: () => Promise.resolve(undefined),
    },
  });
  const logged: Record<string, unknown>[] = [];
  const follower = new Follower({
    models: () => (state.down ? Promise.reject(new Error('down')) : Promise.resolve(['m'])),
    leases,
    engine,
    clock,
    log: (row) => logged.push(row),
    targetOf: ({ version, digest }) =>
      Promise.resolve({ version, digest, manifest: { placement: { tiers } } } as unknown as Target),
  });
  const look = async (): Promise<string[]> => {
    clock.at += 2_000;
    await follower.look();
    return [...loaded.keys()].map((digest) => digest.slice(0, 2)).sort(); // prettier-ignore
  };
  return { state, follower, look, clock, loaded, logged };
}

const byName = { byName: true, released: false };
const byRelease = { byName: false, released: true };
const byEdge = { byName: false, released: false };

describe('the follower', () => {
  it('loads the stable version and keeps lastGood beside it until the new one has baked', async () => {
    const { state, look } = setUp();
    expect(await look()).toEqual(['a1']);
    state.release = { ...state.release, epoch: 2, stable: v2 };
    expect(await look()).toEqual(['a1', 'a2']);
    state.release = { ...state.release, epoch: 3, lastGood: v2 };
    expect(await look()).toEqual(['a2']);
  });

  it('leaves alone what was unloaded since, until it is asked for by name', async () => {
    const { follower, look, loaded, clock } = setUp();
    await look();
    loaded.clear();
    expect(await look()).toEqual([]);
    await follower.load('m', new Deadline(clock, 1_000));
    expect([...loaded.keys()]).toEqual([v1.digest]);
  });

  it('loads nothing that is fenced, also when told to', async () => {
    const { follower, state, loaded, clock } = setUp();
    state.release = { ...state.release, fenced: [v1.digest], lastGood: v2 };
    await follower.load('m', new Deadline(clock, 1_000));
    expect([...loaded.keys()]).toEqual([v2.digest]);
  });

  it('loads nothing that is placed at the edge alone', async () => {
    expect(await setUp(['edge']).look()).toEqual([]);
  });

  it('keeps a version that callers ask for by name while they do, and never one that is fenced', async () => {
    const { state, follower, look, clock, loaded } = setUp();
    await look();
    loaded.set(v3.digest, 'ready');
    follower.noteUse(v3.digest, byName);
    expect(await look()).toEqual(['a1', 'a3']);
    state.release = { ...state.release, epoch: 2, fenced: [v3.digest] };
    expect(await look()).toEqual(['a1']);
    state.release = { ...state.release, epoch: 3, fenced: [] };
    loaded.set(v2.digest, 'ready');
    follower.noteUse(v2.digest, byName);
    clock.at += 300_000;
    expect(await look()).toEqual(['a1']);
  });

  it('lets go of a version that was replaced, however lately it was asked for while it was released', async () => {
    const { state, follower, look } = setUp();
    follower.noteUse(v1.digest, byRelease); // before the first look
    await look();
    follower.noteUse(v1.digest, byRelease);
    state.release = { ...state.release, epoch: 2, stable: v2, lastGood: v2 };
    expect(await look()).toEqual(['a2']);
  });

  it('lets go of a version that came and went between two looks, and keeps a candidate that edges ask for', async () => {
    const { follower, look, loaded, clock } = setUp();
    await look();
    loaded.set(v2.digest, 'ready');
    loaded.set(v3.digest, 'ready');
    follower.noteUse(v2.digest, byRelease);
    follower.noteUse(v2.digest, byEdge); // whose lease is older than the release that replaced it
    follower.noteUse(v3.digest, byEdge);
    expect(await look()).toEqual(['a1', 'a2', 'a3']); // v2 may be released and this look too old to know
    clock.at += 10_000;
    expect(await look()).toEqual(['a1', 'a3']);
  });

  it('goes on with what it has while the edge is away, says so, and is synced once it has looked', async () => {
    const { state, follower, look, logged } = setUp();
    state.down = true;
    await look();
    expect([follower.synced, logged[0]?.['event']]).toEqual([false, 'follow-failed']);
    state.down = false;
    expect(await look()).toEqual(['a1']);
    expect(follower.synced).toBe(true);
    state.down = true;
    expect(await look()).toEqual(['a1']);
  });
});
