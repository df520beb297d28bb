import { DurableObject } from 'cloudflare:workers';
import { BrinkError, type Outcome, outcomeOf } from '../../shared/errors/brink-error.js';
import type {
  Actor,
  ControlPlaneApi,
  PromoteRequest,
  RetireRequest,
  RollbackRequest,
  RollbackResult,
} from '../../shared/release/control-plane.js';
import {
  type AuditRow,
  bakeMsDefault,
  graceMs,
  type LeaseGrant,
  type Release,
  type VersionRef,
} from '../../shared/release/release.js';
import {
  type AuditEntry,
  type Command,
  newReleaseState,
  type ReleaseState,
  transition,
} from '../../shared/release/transitions.js';
import type { VersionAges } from '../../shared/release/retention.js';
import { type Env, leaseMsOf } from '../bindings.js';
import { Fences } from './fences.js';
import { ReleaseCopy } from './release-copy.js';
import { versionAges } from './version-ages.js';
import { auditLimitMax, type FenceRecord, ReleaseStore } from './release-store.js';

/** How often isolates report; few do yet, so this is far from the 200 reports a second that one object takes. */
const reportEveryMs = 10_000;
/** When the alarm tries again what failed: the copy in R2, a fence whose wait a restart cut off. */
const retryMs = 2_000;

/**
 * One model's versions and release: the only place where they change. Every change is a pure transition of what is
 * stored, written with its audit row in one transaction; everything else (the copy in R2, the fence) comes after it.
 */
export class ControlPlane extends DurableObject<Env> implements ControlPlaneApi {
  readonly #leaseMs: number;
  readonly #store: ReleaseStore;
  readonly #copy: ReleaseCopy;
  readonly #fences: Fences;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const now = (): number => Date.now();
    this.#leaseMs = leaseMsOf(env);
    this.#store = new ReleaseStore(ctx.storage, now);
    this.#copy = new ReleaseCopy(env.BLOBS, this.#store);
    this.#fences = new Fences({
      store: this.#store,
      leaseMs: this.#leaseMs,
      now,
      durable: () => ctx.storage.sync(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
  }

  async lease(): Promise<Outcome<LeaseGrant>> {
    return this.#outcome(() => {
      const { release } = this.#state();
      return Promise.resolve({ release, leaseMs: this.#leaseMs, reportEveryMs });
    });
  }

  async addVersion(
    ref: VersionRef & { model: string },
    actor: Actor,
  ): Promise<Outcome<{ release: Release; added: boolean }>> {
    return this.#outcome(async () => {
      const { model, version, digest } = ref;
      const state = this.#store.state() ?? newReleaseState(model);
      const command: Command = { kind: 'publish', ref: { version, digest }, actor };
      const next = await this.#apply(state, [command]);
      return { release: next.release, added: next !== state };
    });
  }

  async promote(request: PromoteRequest): Promise<Outcome<Release>> {
    return this.#outcome(async () => {
      const { version, bakeMs = bakeMsDefault, expectEpoch, who, why } = request;
      const state = this.#state();
      const actor = { who, why };
      const commands: Command[] = [{ kind: 'promote', version, bakeMs, expectEpoch, actor }];
      if (request.liftFence === true && this.#mayLift(state, version)) {
        commands.unshift({ kind: 'lift-fence', version, expectEpoch, actor });
        commands[1] = { kind: 'promote', version, bakeMs, expectEpoch: undefined, actor };
      }
      return (await this.#apply(state, commands)).release;
    });
  }

  async rollback(request: RollbackRequest): Promise<Outcome<RollbackResult>> {
    return this.#outcome(async () => {
      const record = this.#repeated(request) ?? (await this.#withdraw(request));
      const held = await this.#fences.hold(record);
      await this.#schedule();
      return { release: this.#state().release, withdrawn: record.withdrawn, reach: record.reach, ...held };
    });
  }

  async retire({ version, expectEpoch, who, why }: RetireRequest): Promise<Outcome<Release>> {
    return this.#outcome(async () => {
      const state = this.#state();
      return (await this.#apply(state, [{ kind: 'retire', version, expectEpoch, actor: { who, why } }])).release;
    });
  }

  async ages(): Promise<Outcome<VersionAges>> {
    return this.#outcome(() => Promise.resolve(versionAges(this.#state(), this.#store.auditTimes())));
  }

  async audit(limit: number): Promise<Outcome<AuditRow[]>> {
    return this.#outcome(() => {
      this.#state();
      if (!Number.isInteger(limit) || limit < 1 || limit > auditLimitMax) {
        throw new BrinkError('bad-parameter', `expected a limit from 1 to ${auditLimitMax}, got ${limit}`);
      }
      return Promise.resolve(this.#store.audit(limit));
    });
  }

  /** What is due: the end of a bake, a copy that failed, a fence whose wait was cut off. Never throws. */
  override async alarm(): Promise<void> {
    try {
      const state = this.#store.state();
      if (state === null) return;
      await this.#apply(state, [{ kind: 'bake-ended' }]);
      const record = this.#store.fence();
      if (record?.held === null) await this.#fences.hold(record);
    } catch (error) {
      this.#log('alarm-failed', error);
    }
    await this.#follow();
  }

  /** Runs the commands on `state`, which was just read, and writes what they made of it, all or nothing. */
  async #apply(state: ReleaseState, commands: readonly Command[]): Promise<ReleaseState> {
    const { next, rows } = run(state, commands);
    if (next === state) return state;
    const promoted = commands.some(({ kind }) => kind === 'promote');
    this.#store.write({ state: next, rows, ...(promoted ? { fence: null } : {}) });
    await this.#follow();
    return next;
  }

  /** Writes the rollback and its fence record in one transaction. The copy in R2 does not hold it up. */
  async #withdraw(request: RollbackRequest): Promise<FenceRecord> {
    const state = this.#state();
    const { stable, lastGood, epoch } = state.release;
    const { to, expectEpoch, who, why } = request;
    const actor = { who, why };
    const { next, rows } = run(state, [{ kind: 'rollback', to, bakeMs: bakeMsDefault, expectEpoch, actor }]);
    const target = next.release.stable;
    if (stable === null || target === null) throw new Error('a rollback went through without a stable version');
    const record: FenceRecord = {
      withdrawn: stable,
      to: target,
      fromEpoch: epoch,
      epoch: next.release.epoch,
      reach: lastGood?.digest === stable.digest ? 'connected' : 'all',
      held: null,
    };
    this.#store.write({ state: next, rows, fence: record });
    await this.#schedule();
    this.ctx.waitUntil(this.#follow());
    return record;
  }

  /** The record of the rollback that this request repeats, if it does. A promotion since makes it a new one. */
  #repeated({ to, expectEpoch }: RollbackRequest): FenceRecord | undefined {
    const record = this.#store.fence();
    if (record === null) return undefined;
    const sameEpoch = expectEpoch === record.fromEpoch;
    if (expectEpoch !== undefined && !sameEpoch) return undefined;
    // Without a name, and once the fence holds, it may as well ask to go back one more.
    const same = to === undefined ? sameEpoch || record.held === null : to === record.to.version;
    return same ? record : undefined;
  }

  /** Lifting a fence that somebody waits for would break what that wait promises. */
  #mayLift(state: ReleaseState, version: string): boolean {
    const digest = state.release.versions.find((ref) => ref.version === version)?.digest;
    if (digest === undefined || !this.#fences.isWithdrawing(digest)) return true;
    throw new BrinkError('version-fenced', `version ${version} is being withdrawn at this moment: expected it to end`);
  }

  #state(): ReleaseState {
    const state = this.#store.state();
    if (state === null) throw new BrinkError('unknown-model', 'there is no such model');
    return state;
  }

  /** After a change: the copy in R2, and the alarm for what is left to do. Never fails the command. */
  async #follow(): Promise<void> {
    await this.#schedule(); // first, so that a crash during the copy does not lose it
    try {
      await this.#copy.catchUp();
    } catch (error) {
      this.#log('release-copy-failed', error);
    }
    await this.#schedule();
  }

  async #schedule(): Promise<void> {
    const dueAt = [this.#store.state()?.bakeEndsAt ?? Infinity];
    if (this.#copy.behind) dueAt.push(Date.now() + retryMs);
    if (this.#store.fence()?.held === null) dueAt.push(Date.now() + this.#leaseMs + graceMs + retryMs);
    const at = Math.min(...dueAt);
    if (at === Infinity) await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(at);
  }

  #outcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
    return outcomeOf(
      async () => work(),
      (cause) => this.#log('control-plane-failed', cause),
    );
  }

  #log(event: string, error: unknown): void {
    const model = this.#store.state()?.release.model ?? null;
    console.error(JSON.stringify({ event, model, error: error instanceof Error ? error.message : String(error) }));
  }
}

function run(state: ReleaseState, commands: readonly Command[]): { next: ReleaseState; rows: AuditEntry[] } {
  let next = state;
  const rows: AuditEntry[] = [];
  for (const command of commands) {
    const step = transition(next, command, Date.now());
    next = step.state;
    if (step.row !== null) rows.push(step.row);
  }
  return { next, rows };
}
