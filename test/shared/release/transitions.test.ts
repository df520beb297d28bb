import { describe, expect, it } from 'vitest';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { releaseSchema, type VersionRef, versionsMax } from '../../../shared/release/release.js';
import {
  type AuditEntry,
  bakeMsMax,
  type Command,
  historyMax,
  newReleaseState,
  type ReleaseState,
  transition,
} from '../../../shared/release/transitions.js';
import { seededRandom } from '../../harness/random.js';

const actor = { who: 'ann@desk', why: 'because' };
const digestOf = (letter: string): string => letter.charCodeAt(0).toString(16).padStart(64, '0');
const ref = (version: string, letter = version): VersionRef => ({ version, digest: digestOf(letter) });

const publish = (version: string, letter = version): Command => ({ kind: 'publish', ref: ref(version, letter), actor });
const promote = (version: string, more: { bakeMs?: number; expectEpoch?: number } = {}): Command => ({
  kind: 'promote',
  version,
  bakeMs: more.bakeMs ?? 1_000,
  expectEpoch: more.expectEpoch,
  actor,
});
const rollback = (to?: string, expectEpoch?: number): Command => ({
  kind: 'rollback',
  to,
  bakeMs: 1_000,
  expectEpoch,
  actor,
});
const retire = (version: string): Command => ({ kind: 'retire', version, expectEpoch: undefined, actor });
const lift = (version: string): Command => ({ kind: 'lift-fence', version, expectEpoch: undefined, actor });

/** The state after the commands, each at its time (0 unless given). */
function after(...commands: readonly (Command | readonly [Command, number])[]): ReleaseState {
  let state = newReleaseState('m');
  for (const step of commands) {
    const [command, at] = 'kind' in step ? [step, 0] : step;
    state = transition(state, command, at).state;
  }
  return state;
}

function refusal(state: ReleaseState, command: Command): BrinkError {
  try {
    transition(state, command, 0);
  } catch (error) {
    if (error instanceof BrinkError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('publishing', () => {
  it('adds a version, grows the epoch and changes nothing that is served', () => {
    const { release } = after(publish('a'));
    expect(release).toMatchObject({ epoch: 1, stable: null, lastGood: null, versions: [ref('a')] });
  });

  it('is done when the same version is there, and refuses another artifact under its name', () => {
    const state = after(publish('a'));
    expect(transition(state, publish('a'), 0)).toEqual({ state, row: null });
    expect(refusal(state, publish('a', 'z')).code).toBe('version-conflict');
  });

  it('takes the same artifact under a second name', () => {
    expect(after(publish('a'), publish('b', 'a')).release.versions).toEqual([ref('a'), ref('b', 'a')]);
  });

  it('refuses one version more than a release may name, quoting both numbers', () => {
    const names = Array.from({ length: versionsMax }, (_, index) =>
      publish(`v${index}`, String.fromCharCode(97 + index)),
    );
    const error = refusal(after(...names), publish('more', 'Z'));
    expect(error.code).toBe('version-conflict');
    expect(error.message).toMatch(`${versionsMax}`);
    expect(error.message).toMatch(`${versionsMax + 1}`);
  });
});

describe('promoting', () => {
  it('makes the first version stable and good at once', () => {
    const state = after(publish('a'), promote('a'));
    expect(state.release).toMatchObject({ epoch: 2, stable: ref('a'), lastGood: ref('a') });
    expect(state.bakeEndsAt).toBeNull();
  });

  it('keeps the last good version until the bake has ended', () => {
    const baking = after(publish('a'), publish('b'), promote('a'), [promote('b'), 500]);
    expect(baking.release).toMatchObject({ stable: ref('b'), lastGood: ref('a') });
    expect(transition(baking, { kind: 'bake-ended' }, 1_499).row).toBeNull();
    const { state, row } = transition(baking, { kind: 'bake-ended' }, 1_500);
    expect(state.release).toMatchObject({ stable: ref('b'), lastGood: ref('b'), epoch: baking.release.epoch + 1 });
    expect(row).toMatchObject({ action: 'bake-ended', from: 'a', to: 'b' });
    expect(state.bakeEndsAt).toBeNull();
  });

  it('bakes nothing when the bake takes no time, or when the version is the last good one', () => {
    expect(after(publish('a'), publish('b'), promote('a'), promote('b', { bakeMs: 0 })).release.lastGood).toEqual(
      ref('b'),
    );
    const back = after(publish('a'), publish('b'), promote('a'), promote('b'), promote('a'));
    expect(back.release).toMatchObject({ stable: ref('a'), lastGood: ref('a') });
    expect(back.bakeEndsAt).toBeNull();
  });

  it('is done when the version is stable already', () => {
    const state = after(publish('a'), promote('a'));
    expect(transition(state, promote('a'), 0)).toEqual({ state, row: null });
  });

  it('refuses what is unknown, withdrawn, or the stable artifact under another name', () => {
    const state = after(publish('a'), publish('b'), publish('c', 'a'), promote('a'), promote('b'), rollback());
    expect(refusal(state, promote('x')).code).toBe('unknown-version');
    expect(refusal(state, promote('b')).code).toBe('version-fenced');
    expect(refusal(state, promote('c')).code).toBe('version-conflict');
  });

  it('takes a withdrawn version again when its fence was lifted', () => {
    const state = after(publish('a'), publish('b'), promote('a'), promote('b'), rollback(), lift('b'), promote('b'));
    expect(state.release).toMatchObject({ stable: ref('b'), fenced: [] });
  });

  it('refuses a bake beyond the limit, quoting both numbers', () => {
    const error = refusal(after(publish('a')), promote('a', { bakeMs: bakeMsMax + 1 }));
    expect(error.code).toBe('invalid-request');
    expect(error.message).toMatch(`${bakeMsMax}`);
    expect(error.message).toMatch(`${bakeMsMax + 1}`);
  });

  it('remembers no more former versions than it may', () => {
    const names = Array.from({ length: historyMax + 5 }, (_, index) => String.fromCharCode(97 + index));
    const state = after(...names.map((name) => publish(name)), ...names.map((name) => promote(name)));
    expect(state.history).toHaveLength(historyMax);
  });
});

describe('rolling back', () => {
  const abc = [publish('a'), publish('b'), publish('c'), promote('a'), promote('b'), promote('c')];

  it('goes to the version that was stable before, fences the other, and goes on from there', () => {
    const once = after(...abc, rollback());
    expect(once.release).toMatchObject({ stable: ref('b'), fenced: [digestOf('c')] });
    const twice = transition(once, rollback(), 0);
    expect(twice.state.release).toMatchObject({ stable: ref('a'), fenced: [digestOf('c'), digestOf('b')] });
    expect(twice.row).toMatchObject({ action: 'rollback', from: 'b', to: 'a', who: 'ann@desk', why: 'because' });
    expect(refusal(twice.state, rollback()).code).toBe('nothing-to-roll-back-to');
  });

  it('goes to the version that is named', () => {
    expect(after(...abc, rollback('a')).release).toMatchObject({ stable: ref('a'), fenced: [digestOf('c')] });
  });

  it('never leaves the last good version at a withdrawn one', () => {
    const baked = after(...abc, [{ kind: 'bake-ended' }, 5_000], rollback());
    expect(baked.release).toMatchObject({ stable: ref('b'), lastGood: ref('b') });
    expect(baked.bakeEndsAt).toBeNull();
  });

  it('keeps the last good version when that is neither withdrawn nor the target, and bakes the target', () => {
    const state = after(...abc, rollback());
    expect(state.release.lastGood).toEqual(ref('a'));
    expect(state.bakeEndsAt).toBe(1_000);
  });

  it('refuses when nothing is promoted, and targets that are unknown, withdrawn or the same artifact', () => {
    expect(refusal(after(publish('a')), rollback()).code).toBe('nothing-to-roll-back-to');
    const state = after(...abc, publish('d', 'b'), rollback());
    expect(refusal(state, rollback('x')).code).toBe('unknown-version');
    expect(refusal(state, rollback('c')).code).toBe('version-fenced');
    expect(refusal(state, rollback('b')).code).toBe('nothing-to-roll-back-to');
    expect(refusal(state, rollback('d')).code).toBe('nothing-to-roll-back-to');
  });
});

describe('retiring', () => {
  const abc = [publish('a'), publish('b'), publish('c'), promote('a'), promote('b'), promote('c')];

  it('takes a name away, grows the epoch and says so in the audit', () => {
    const state = after(...abc, [{ kind: 'bake-ended' }, 5_000]);
    const { state: next, row } = transition(state, retire('a'), 5_000);
    expect(next.release.versions).toEqual([ref('b'), ref('c')]);
    expect(next.release.epoch).toBe(state.release.epoch + 1);
    expect(row).toMatchObject({ action: 'retire', from: 'a', to: null, who: 'ann@desk' });
  });

  it('refuses what is stable, what was good last, and what is not there', () => {
    const state = after(...abc);
    expect(refusal(state, retire('c')).code).toBe('version-in-use');
    expect(refusal(state, retire('a')).code).toBe('version-in-use');
    expect(refusal(state, retire('x')).code).toBe('unknown-version');
  });

  it('takes a second name of what is served, and serves on', () => {
    const state = after(publish('a'), publish('b', 'a'), promote('a'), retire('b'));
    expect(state.release).toMatchObject({ stable: ref('a'), versions: [ref('a')] });
  });

  it('leaves nothing that rollback would go back to without its name', () => {
    const state = after(...abc, retire('b'));
    expect(transition(state, rollback(), 0).state.release.stable).toEqual(ref('a'));
  });

  it('keeps the fence: the same artifact published once more is still withdrawn', () => {
    const state = after(...abc, rollback(), retire('c'), publish('d', 'c'));
    expect(state.release.fenced).toEqual([digestOf('c')]);
    expect(refusal(state, promote('d')).code).toBe('version-fenced');
  });

  it('keeps no more fences than a release may hold, those of versions that are named first', () => {
    let state = after(publish('good'), publish('named'), promote('good'), promote('named'), rollback());
    for (let index = 0; index < versionsMax + 10; index += 1) {
      const bad = `v${index}`;
      const digest = (index + 1_000).toString(16).padStart(64, '0');
      for (const command of [
        { kind: 'publish', ref: { version: bad, digest }, actor },
        promote(bad),
        rollback(),
        retire(bad),
      ] as const) {
        state = transition(state, command, 0).state;
      }
    }
    expect(state.release.fenced).toHaveLength(versionsMax);
    expect(state.release.fenced).toContain(digestOf('named'));
    expect(releaseSchema.safeParse(state.release).success).toBe(true);
  });
});

describe('every change', () => {
  it('may name the epoch that it was made for, and says both when that is over', () => {
    const state = after(publish('a'), publish('b'), promote('a'));
    for (const command of [promote('b', { expectEpoch: 2 }), rollback(undefined, 2)]) {
      const error = refusal(state, command);
      expect(error.code).toBe('epoch-conflict');
      expect(error.message).toBe('expected epoch 2, the release is at epoch 3');
    }
    expect(transition(state, promote('b', { expectEpoch: 3 }), 0).state.release.epoch).toBe(4);
  });

  it('keeps its promises under 20,000 random commands', () => {
    const random = seededRandom(20_260_426);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    let state = newReleaseState('m');
    const audit: AuditEntry[] = [];
    let refused = 0;
    for (let now = 0; now < 20_000; now += 1) {
      const expectEpoch = random() < 0.1 ? Math.floor(random() * (state.release.epoch + 2)) : undefined;
      const command = pick<Command>([
        publish(pick(names), pick(names)),
        { ...promote(pick(names), { bakeMs: pick([0, 5, 50]) }), expectEpoch } as Command,
        { kind: 'bake-ended' },
        rollback(random() < 0.5 ? pick(names) : undefined, expectEpoch),
        lift(pick(names)),
        retire(pick(names)),
      ]);
      try {
        const next = transition(state, command, now);
        const changed = next.row !== null;
        expect(next.state.release.epoch).toBe(state.release.epoch + (changed ? 1 : 0));
        if (!changed) expect(next.state).toEqual(state);
        if (next.row !== null) audit.push(next.row);
        state = next.state;
      } catch (error) {
        if (!(error instanceof BrinkError)) throw error;
        refused += 1;
      }
      const { stable, lastGood, fenced } = state.release;
      for (const served of [stable, lastGood]) expect(fenced).not.toContain(served?.digest);
      const named = state.release.versions.map(({ version }) => version);
      for (const ref of [stable, lastGood, ...state.history]) if (ref !== null) expect(named).toContain(ref.version);
      expect(new Set(fenced).size).toBe(fenced.length);
      expect(lastGood === null).toBe(stable === null);
      if (state.bakeEndsAt === null) expect(lastGood).toEqual(stable);
    }
    expect(audit.map(({ epoch }) => epoch)).toEqual(audit.map((_, index) => index + 1));
    expect(new Set(audit.map(({ action }) => action)).size).toBe(6);
    expect(refused).toBeGreaterThan(1_000);
    expect(releaseSchema.safeParse(state.release).success).toBe(true);
  });
});
