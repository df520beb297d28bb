import { z } from 'zod';
import { BrinkError } from '../errors/brink-error.js';
import type { Actor } from './control-plane.js';
import {
  type AuditRow,
  type Release,
  releaseSchema,
  type VersionRef,
  versionRefSchema,
  versionsMax,
} from './release.js';

/** How many versions that were once stable are remembered, for `rollback` without a name. */
export const historyMax = 32;
export const bakeMsMax = 7 * 24 * 60 * 60 * 1000;

/** All that the control plane keeps of a model: the release, and what is needed to change it. */
export const releaseStateSchema = z.strictObject({
  release: releaseSchema,
  /** What was stable before, the latest last. */
  history: z.array(versionRefSchema).max(historyMax),
  /** When `stable` becomes `lastGood`, milliseconds since the epoch; null when it is. */
  bakeEndsAt: z.number().nullable(),
});
export type ReleaseState = z.infer<typeof releaseStateSchema>;

export type Command =
  | { readonly kind: 'publish'; readonly ref: VersionRef; readonly actor: Actor }
  | {
      readonly kind: 'promote';
      readonly version: string;
      readonly bakeMs: number;
      readonly expectEpoch: number | undefined;
      readonly actor: Actor;
    }
  | { readonly kind: 'bake-ended' }
  | {
      readonly kind: 'rollback';
      readonly to: string | undefined;
      readonly bakeMs: number;
      readonly expectEpoch: number | undefined;
      readonly actor: Actor;
    }
  | {
      readonly kind: 'lift-fence' | 'retire';
      readonly version: string;
      readonly expectEpoch: number | undefined;
      readonly actor: Actor;
    };

/** An audit row as the transition knows it: the store numbers it and says when. */
export type AuditEntry = Omit<AuditRow, 'id' | 'at'>;

export interface Transition {
  readonly state: ReleaseState;
  /** Null: nothing changed, and the epoch is the same. */
  readonly row: AuditEntry | null;
}

export function newReleaseState(model: string): ReleaseState {
  const release: Release = {
    schema: 1,
    model,
    epoch: 0,
    stable: null,
    lastGood: null,
    fenced: [],
    versions: [],
  };
  return { release, history: [], bakeEndsAt: null };
}

/**
 * What a command makes of a release. Pure. Each change of what may be served grows the epoch by one and has its audit
 * row; a refusal is thrown. Always true afterwards: neither `stable` nor `lastGood` is fenced, and both are named.
 */
export function transition(state: ReleaseState, command: Command, nowMs: number): Transition {
  switch (command.kind) {
    case 'publish':
      return publish(state, command.ref, command.actor);
    case 'promote':
      checkEpoch(state, command.expectEpoch);
      return promote(state, command.version, checkBake(command.bakeMs), command.actor, nowMs);
    case 'bake-ended':
      return bakeEnded(state, nowMs);
    case 'rollback':
      checkEpoch(state, command.expectEpoch);
      return rollback(state, command.to, checkBake(command.bakeMs), command.actor, nowMs);
    case 'lift-fence':
      checkEpoch(state, command.expectEpoch);
      return liftFence(state, command.version, command.actor);
    case 'retire':
      checkEpoch(state, command.expectEpoch);
      return retire(state, command.version, command.actor);
  }
}

function publish(state: ReleaseState, ref: VersionRef, actor: Actor): Transition {
  const { versions } = state.release;
  const known = versions.find(({ version }) => version === ref.version);
  if (known?.digest === ref.digest) return { state, row: null };
  if (known !== undefined) {
    throw new BrinkError(
      'version-conflict',
      `expected version ${ref.version} to stay ${known.digest.slice(0, 12)}, got ${ref.digest.slice(0, 12)}: a version never changes, choose another name`,
    );
  }
  if (versions.length >= versionsMax) {
    throw new BrinkError(
      'version-conflict',
      `expected at most ${versionsMax} versions of a model, this would be number ${versions.length + 1}`,
    );
  }
  return change(state, { versions: [...versions, ref] }, { action: 'publish', actor, from: null, to: ref.version });
}

function promote(state: ReleaseState, version: string, bakeMs: number, actor: Actor, nowMs: number): Transition {
  const { stable, lastGood, fenced } = state.release;
  const ref = known(state, version);
  if (fenced.includes(ref.digest)) {
    throw new BrinkError(
      'version-fenced',
      `version ${version} was withdrawn: expected an unfenced one, or the fence lifted`,
    );
  }
  if (stable?.digest === ref.digest) {
    if (stable.version === version) return { state, row: null };
    throw new BrinkError(
      'version-conflict',
      `versions ${version} and ${stable.version} are the same artifact (${ref.digest.slice(0, 12)}): there is nothing to promote`,
    );
  }
  // The first one has no predecessor to fall back on while it bakes.
  const good = lastGood === null || bakeMs === 0 || lastGood.digest === ref.digest;
  const next = change(
    state,
    { stable: ref, ...(good ? { lastGood: ref } : {}) },
    { action: 'promote', actor, from: stable?.version ?? null, to: version },
  );
  const history = stable === null ? state.history : [...state.history, stable].slice(-historyMax);
  return { ...next, state: { ...next.state, history, bakeEndsAt: good ? null : nowMs + bakeMs } };
}

function bakeEnded(state: ReleaseState, nowMs: number): Transition {
  const { stable, lastGood } = state.release;
  if (stable === null || state.bakeEndsAt === null || nowMs < state.bakeEndsAt) return { state, row: null };
  const actor = { who: 'control-plane', why: 'the bake ended' };
  const next = change(
    state,
    { lastGood: stable },
    { action: 'bake-ended', actor, from: lastGood?.version ?? null, to: stable.version },
  );
  return { ...next, state: { ...next.state, bakeEndsAt: null } };
}

function rollback(
  state: ReleaseState,
  to: string | undefined,
  bakeMs: number,
  actor: Actor,
  nowMs: number,
): Transition {
  const { stable, lastGood, fenced, versions } = state.release;
  if (stable === null) throw new BrinkError('nothing-to-roll-back-to', 'expected a promoted version, there is none');
  const target = to === undefined ? previous(state, stable) : named(state, stable, to);
  // What is withdrawn may not come back as the one that is served without asking.
  const stays = lastGood !== null && lastGood.digest !== stable.digest && lastGood.digest !== target.digest;
  const good = stays ? lastGood : target;
  const next = change(
    state,
    { stable: target, lastGood: good, fenced: boundedFences([...fenced, stable.digest], versions) },
    { action: 'rollback', actor, from: stable.version, to: target.version },
  );
  const baking = good.digest !== target.digest;
  return {
    ...next,
    state: {
      ...next.state,
      history: upTo(state.history, target),
      bakeEndsAt: baking ? nowMs + bakeMs : null,
    },
  };
}

function liftFence(state: ReleaseState, version: string, actor: Actor): Transition {
  const { digest } = known(state, version);
  const { fenced } = state.release;
  if (!fenced.includes(digest)) return { state, row: null };
  return change(
    state,
    { fenced: fenced.filter((one) => one !== digest) },
    { action: 'lift-fence', actor, from: null, to: version },
  );
}

/**
 * Takes the name away. A fence stays: an answer of the withdrawn artifact may still be on its way, and the same artifact
 * published once more is as bad as it was. What is served cannot be retired, nor what rollback would fall back on while
 * the control plane cannot be asked.
 */
function retire(state: ReleaseState, version: string, actor: Actor): Transition {
  const { stable, lastGood, versions } = state.release;
  const ref = known(state, version);
  for (const [what, served] of [
    ['stable', stable],
    ['last good', lastGood],
  ] as const) {
    if (served?.version !== version) continue;
    throw new BrinkError('version-in-use', `version ${version} is the ${what} one: expected one that is not served`);
  }
  const next = change(
    state,
    { versions: versions.filter((one) => one !== ref) },
    { action: 'retire', actor, from: version, to: null },
  );
  return { ...next, state: { ...next.state, history: state.history.filter((one) => one.version !== version) } };
}

/** The oldest fences of artifacts that no version names any more go first, and only where there are too many. */
function boundedFences(fenced: readonly string[], versions: readonly VersionRef[]): string[] {
  const named = new Set(versions.map(({ digest }) => digest));
  let over = Math.max(0, fenced.length - versionsMax);
  return fenced.filter((digest) => {
    if (over === 0 || named.has(digest)) return true;
    over -= 1;
    return false;
  });
}

function change(
  state: ReleaseState,
  members: Partial<Release>,
  row: Pick<AuditEntry, 'action' | 'from' | 'to'> & { actor: Actor },
): Transition {
  const { actor, ...rest } = row;
  const epoch = state.release.epoch + 1;
  return {
    state: { ...state, release: { ...state.release, ...members, epoch } },
    row: { ...rest, epoch, who: actor.who, why: actor.why },
  };
}

function known(state: ReleaseState, version: string): VersionRef {
  const ref = state.release.versions.find((one) => one.version === version);
  if (ref !== undefined) return ref;
  throw new BrinkError('unknown-version', `model ${state.release.model} has no version ${version}`);
}

/** What `rollback` without a name goes to; null: there is nothing. */
export function previousVersion({ release: { stable, fenced }, history }: ReleaseState): VersionRef | null {
  return history.findLast(({ digest }) => digest !== stable?.digest && !fenced.includes(digest)) ?? null;
}

function previous(state: ReleaseState, stable: VersionRef): VersionRef {
  const ref = previousVersion(state);
  if (ref !== null) return ref;
  throw new BrinkError(
    'nothing-to-roll-back-to',
    `expected a version that was stable before ${stable.version} and is not withdrawn, there is none: name one`,
  );
}

function named(state: ReleaseState, stable: VersionRef, to: string): VersionRef {
  const ref = known(state, to);
  if (ref.digest === stable.digest) {
    throw new BrinkError(
      'nothing-to-roll-back-to',
      `versions ${to} and ${stable.version} are the same artifact (${ref.digest.slice(0, 12)}): withdrawing one withdraws both`,
    );
  }
  if (!state.release.fenced.includes(ref.digest)) return ref;
  throw new BrinkError('version-fenced', `version ${to} was withdrawn itself: expected one that may be served`);
}

/** The history as it was before `target` was replaced; all of it when it never was stable. */
function upTo(history: readonly VersionRef[], target: VersionRef): VersionRef[] {
  const at = history.findLastIndex(({ digest }) => digest === target.digest);
  return at < 0 ? [...history] : history.slice(0, at);
}

function checkEpoch(state: ReleaseState, expected: number | undefined): void {
  const { epoch } = state.release;
  if (expected === undefined || expected === epoch) return;
  throw new BrinkError('epoch-conflict', `expected epoch ${expected}, the release is at epoch ${epoch}`);
}

function checkBake(bakeMs: number): number {
  if (Number.isSafeInteger(bakeMs) && bakeMs >= 0 && bakeMs <= bakeMsMax) return bakeMs;
  throw new BrinkError('invalid-request', `expected bakeMs from 0 to ${bakeMsMax}, got ${bakeMs}`);
}
