import { describe, expect, it } from 'vitest';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { replansMax, underLease } from '../../../shared/release/commit.js';
import type { Standing } from '../../../shared/release/leases.js';
import type { Release } from '../../../shared/release/release.js';
import { Deadline } from '../../../shared/time/deadline.js';

const v1 = { version: 'v1', digest: 'a'.repeat(64) };
const v2 = { version: 'v2', digest: 'b'.repeat(64) };
const release = (extra: Partial<Release>): Release => ({
  schema: 1, model: 'm', epoch: 1, stable: v2, lastGood: v1, fenced: [], versions: [v1, v2], ...extra,
}); // prettier-ignore

function options(now: () => Release, permits: (digest: string) => boolean, version?: string) {
  return {
    leases: {
      current: () => Promise.resolve<Standing>({ kind: 'leased', release: now() }),
      renew: () => Promise.resolve<Standing>({ kind: 'leased', release: now() }),
      permits: (_: string, digest: string) => permits(digest),
    },
    model: 'm',
    version,
    deadline: new Deadline({ now: () => 0 }, 1_000),
    turn: () => Promise.resolve(),
  };
}

describe('an answer under a lease', () => {
  it('is thrown away and made again on the fresh release when its version was withdrawn meanwhile', async () => {
    let current = release({});
    const ran: string[] = [];
    const committed = await underLease(options(() => current, (digest) => !current.fenced.includes(digest)), (ref) => {
      ran.push(ref.version);
      current = release({ epoch: 2, stable: v1, fenced: [v2.digest] });
      return Promise.resolve(ref.version);
    }); // prettier-ignore
    expect(ran).toEqual(['v2', 'v1']);
    expect(committed).toMatchObject({ value: 'v1', epoch: 2 });
  });

  it('of an explicit version that was withdrawn meanwhile becomes 404 version-fenced', async () => {
    let current = release({});
    const answer = underLease(options(() => current, (digest) => !current.fenced.includes(digest), 'v2'), () => {
      current = release({ epoch: 2, stable: v1, fenced: [v2.digest] });
      return Promise.resolve('v2');
    }); // prettier-ignore
    await expect(answer).rejects.toMatchObject({ code: 'version-fenced', status: 404 });
  });

  it('is planned again at once when somebody with a newer release refuses to run it', async () => {
    let current = release({});
    const ran: string[] = [];
    const committed = await underLease(options(() => current, () => true), (ref) => {
      ran.push(ref.version);
      if (ref.version === 'v1') return Promise.resolve('v1');
      current = release({ epoch: 2, stable: v1 });
      return Promise.reject(new BrinkError('lease-expired', 'the origin knows better'));
    }); // prettier-ignore
    expect(ran).toEqual(['v2', 'v1']);
    expect(committed.epoch).toBe(2);
  });

  it('is given up after a bounded number of plans', async () => {
    let plans = 0;
    const answer = underLease(options(() => release({}), () => false), () => Promise.resolve((plans += 1))); // prettier-ignore
    await expect(answer).rejects.toMatchObject({ code: 'lease-expired', status: 503 });
    expect(plans).toBe(replansMax + 1);
  });

  it('names the version or model that is not there', async () => {
    const of = (extra: Partial<Release>, version?: string) =>
      underLease(options(() => release(extra), () => true, version), () => Promise.resolve(1)); // prettier-ignore
    await expect(of({}, 'v9')).rejects.toMatchObject({ code: 'unknown-version' });
    await expect(of({ stable: null, lastGood: null })).rejects.toMatchObject({ code: 'not-released' });
  });
});
