import { describe, expect, it } from 'vitest';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { askAgainMs, Leases, type LeaseSources, refreshMsMax } from '../../../shared/release/leases.js';
import { type LeaseCopy, leaseMsDefault, type Release } from '../../../shared/release/release.js';
import { Deadline } from '../../../shared/time/deadline.js';

const v1 = { version: 'v1', digest: 'a'.repeat(64) };
const v2 = { version: 'v2', digest: 'b'.repeat(64) };
const release = (epoch: number, extra: Partial<Release> = {}): Release => ({
  schema: 1, model: 'm', epoch, stable: v2, lastGood: v1, fenced: [], versions: [v1, v2], ...extra,
}); // prettier-ignore

function setUp(sources: Partial<LeaseSources> = {}) {
  const state = { now: 100_000, asked: 0, epoch: 1, down: false, shared: undefined as LeaseCopy | undefined };
  const pending: Promise<unknown>[] = [];
  const leases = new Leases({
    clock: { now: () => state.now },
    random: () => 0.5,
    background: (work) => pending.push(work),
    sources: {
      ask: () => {
        state.asked += 1;
        if (state.down) return Promise.reject(new Error('unreachable'));
        return Promise.resolve({ release: release(state.epoch), leaseMs: leaseMsDefault, reportEveryMs: 1_000 });
      },
      shared: () => Promise.resolve(state.shared),
      share: (_, copy) => {
        state.shared = copy;
        return Promise.resolve();
      },
      lastResort: () => Promise.resolve(undefined),
      ...sources,
    },
  });
  const deadline = () => new Deadline({ now: () => state.now }, 5_000);
  const settle = async () => {
    while (pending.length > 0) await pending.shift();
  };
  return { state, leases, deadline, settle };
}

describe('leases', () => {
  it('ask once and act on the copy until half of its usable time, then refresh in the background', async () => {
    const { state, leases, deadline, settle } = setUp();
    expect((await leases.current('m', deadline())).kind).toBe('leased');
    state.now += 700;
    await leases.current('m', deadline());
    await settle();
    expect(state.asked).toBe(1);
    state.now += 300; // past (2000 − 500) × 0.625
    state.epoch = 2;
    expect((await leases.current('m', deadline())).release.epoch).toBe(1);
    await settle();
    expect(state.asked).toBe(2);
    expect((await leases.current('m', deadline())).release.epoch).toBe(2);
  });

  it('end 2E before leaseMs and are asked for again in the foreground', async () => {
    const { state, leases, deadline } = setUp();
    await leases.current('m', deadline());
    state.now += leaseMsDefault - 500;
    expect(leases.permits('m', v2.digest)).toBe(true);
    state.now += 1;
    expect(leases.permits('m', v2.digest)).toBe(false);
    await leases.current('m', deadline());
    expect(state.asked).toBe(2);
    expect(leases.permits('m', v2.digest)).toBe(true);
  });

  it('refuse a copy that was stamped more than 2E in the future', async () => {
    const { state, leases, deadline } = setUp();
    state.shared = { release: release(9), leaseMs: leaseMsDefault, reportEveryMs: 1, sentAt: state.now + 501 };
    expect((await leases.current('m', deadline())).release.epoch).toBe(1);
  });

  it('take a young shared copy instead of asking, with its stamp, and not one of an older epoch', async () => {
    const { state, leases, deadline } = setUp();
    state.shared = { release: release(7), leaseMs: leaseMsDefault, reportEveryMs: 1, sentAt: state.now - 400 };
    expect((await leases.current('m', deadline())).release.epoch).toBe(7);
    expect(state.asked).toBe(0);
    state.now += 1_101; // 1,501 after the stamp
    expect(leases.permits('m', v2.digest)).toBe(false);
    state.shared = { release: release(6), leaseMs: leaseMsDefault, reportEveryMs: 1, sentAt: state.now };
    state.epoch = 8;
    expect((await leases.current('m', deadline())).release.epoch).toBe(8);
  });

  it('never go back to an older epoch, even when the control plane answers one', async () => {
    const { state, leases, deadline } = setUp();
    state.epoch = 5;
    await leases.current('m', deadline());
    state.epoch = 4;
    state.shared = undefined;
    state.now += 1_600;
    const standing = await leases.current('m', deadline());
    expect([standing.kind, standing.release.epoch]).toEqual(['static', 5]);
  });

  it('go on with lastGood when every answer comes too late to be acted on', async () => {
    const { state, leases, deadline } = setUp({
      ask: () => {
        state.now += 1_600; // longer than the copy may be used
        return Promise.resolve({ release: release(1), leaseMs: leaseMsDefault, reportEveryMs: 1_000 });
      },
    });
    expect((await leases.current('m', deadline())).kind).toBe('static');
    expect([leases.permits('m', v1.digest), leases.permits('m', v2.digest)]).toEqual([true, false]);
  });

  it('ask again at once for a caller who has seen a newer epoch', async () => {
    const { state, leases, deadline } = setUp();
    await leases.current('m', deadline());
    state.epoch = 2;
    expect((await leases.current('m', deadline(), 2)).release.epoch).toBe(2);
  });

  it('are asked for anew for a version that may have been published since, but not more often than four times a second', async () => {
    const { state, leases, deadline } = setUp();
    await leases.current('m', deadline());
    state.epoch = 2;
    expect((await leases.renew('m', deadline())).release.epoch).toBe(1);
    state.now += 250;
    expect((await leases.renew('m', deadline())).release.epoch).toBe(2);
    expect(state.asked).toBe(2);
  });

  it('go on with lastGood alone while the control plane is out of reach, and recover', async () => {
    const { state, leases, deadline, settle } = setUp();
    await leases.current('m', deadline());
    state.down = true;
    state.shared = undefined;
    state.now += 1_600;
    expect((await leases.current('m', deadline())).kind).toBe('static');
    expect(leases.permits('m', v1.digest)).toBe(true);
    expect(leases.permits('m', v2.digest)).toBe(false);
    const asked = state.asked;
    await leases.current('m', deadline());
    expect(state.asked).toBe(asked); // not per request
    state.down = false;
    state.now += 2 * askAgainMs;
    await leases.current('m', deadline());
    await settle();
    expect((await leases.current('m', deadline())).kind).toBe('leased');
  });

  it('start from the release as written down when nothing is known and nobody answers', async () => {
    const { state, leases, deadline } = setUp({ lastResort: () => Promise.resolve(release(3)) });
    state.down = true;
    const standing = await leases.current('m', deadline());
    expect([standing.kind, standing.release.epoch]).toEqual(['static', 3]);
  });

  it('say control-unreachable when nothing is known at all, and ask again next time', async () => {
    const { state, leases, deadline } = setUp();
    state.down = true;
    await expect(leases.current('m', deadline())).rejects.toMatchObject({ code: 'control-unreachable', status: 503 });
    state.down = false;
    expect((await leases.current('m', deadline())).kind).toBe('leased');
  });

  it('remember for a moment that a model does not exist, and hold nothing for it', async () => {
    let asked = 0;
    const { state, leases, deadline } = setUp({
      ask: () => {
        asked += 1;
        return Promise.reject(new BrinkError('unknown-model', 'no'));
      },
    });
    await expect(leases.current('ghost', deadline())).rejects.toMatchObject({ code: 'unknown-model' });
    await expect(leases.current('ghost', deadline())).rejects.toMatchObject({ code: 'unknown-model' });
    expect([asked, leases.models()]).toEqual([1, []]);
    state.now += 1_001;
    await expect(leases.current('ghost', deadline())).rejects.toMatchObject({ code: 'unknown-model' });
    expect(asked).toBe(2);
  });

  it('do not wait for ever for a question whose asker was cancelled, and ask anew', async () => {
    let asked = 0;
    const grant = { release: release(1), leaseMs: leaseMsDefault, reportEveryMs: 1_000 };
    const { state, leases } = setUp({
      ask: () => ((asked += 1) === 1 ? new Promise(() => undefined) : Promise.resolve(grant)),
    });
    const patient = new Deadline({ now: () => state.now }, 60_000);
    const first = leases.current('m', patient);
    await Promise.resolve();
    state.now += refreshMsMax + 1;
    expect((await leases.current('m', patient)).kind).toBe('leased');
    expect((await first).kind).toBe('leased'); // by the second asker's answer
  });

  it('share one question among those who ask at the same time, and survive its failure', async () => {
    const { state, leases, deadline } = setUp();
    state.down = true;
    const [a, b] = await Promise.allSettled([leases.current('m', deadline()), leases.current('m', deadline())]);
    expect([a.status, b.status, state.asked]).toEqual(['rejected', 'rejected', 1]);
    state.down = false;
    await Promise.all([leases.current('m', deadline()), leases.current('m', deadline())]);
    expect(state.asked).toBe(2);
  });
});
