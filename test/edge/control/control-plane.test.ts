import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { releaseKey } from '../../../edge/artifact-keys.js';
import { auditLimitMax } from '../../../edge/control/release-store.js';
import { type Outcome, unwrap } from '../../../shared/errors/brink-error.js';
import type { ControlPlaneApi } from '../../../shared/release/control-plane.js';
import { type AuditRow, graceMs, leaseGrantSchema, releaseSchema } from '../../../shared/release/release.js';
import { startTestEdge, type TestEdge } from '../../harness/edge.js';

const leaseMs = 700;
const actor = { who: 'ann@desk', why: 'because' };
const digestOf = (version: string): string => version.charCodeAt(0).toString(16).padStart(64, '0');
const refusalOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'none' : outcome.failure.code);

let models = 0;

/** A model of its own in `edge` with these versions, the first of them promoted and baked. */
async function makeModel(
  edge: TestEdge,
  versions: readonly string[],
): Promise<{ model: string; control: ControlPlaneApi }> {
  const model = `model-${(models += 1)}`;
  const control = edge.control(model) as unknown as ControlPlaneApi;
  for (const version of versions) {
    unwrap(await control.addVersion({ model, version, digest: digestOf(version) }, actor));
  }
  if (versions[0] !== undefined) unwrap(await control.promote({ ...actor, version: versions[0] }));
  return { model, control };
}

const actionsOf = (rows: readonly AuditRow[]): string[] => rows.map(({ action }) => action);

describe('the control plane in workerd', () => {
  let edge: TestEdge;
  beforeAll(async () => {
    edge = await startTestEdge({ source: 'test/harness/counting-worker.ts', vars: { LEASE_MS: String(leaseMs) }, hostEntrypoint: 'CountingHost' }); // prettier-ignore
  });
  afterAll(() => edge.dispose());

  it('knows no model until a version is published, and grants a lease from then on', async () => {
    const { control } = await makeModel(edge, []);
    for (const call of [
      control.lease(),
      control.audit(1),
      control.promote({ ...actor, version: 'a' }),
      control.rollback(actor),
    ]) {
      expect(refusalOf(await call)).toBe('unknown-model');
    }
    const { model, control: known } = await makeModel(edge, ['a']);
    const grant = leaseGrantSchema.parse(unwrap(await known.lease()));
    expect(grant).toMatchObject({
      leaseMs,
      release: { model, epoch: 2, stable: { version: 'a' }, lastGood: { version: 'a' } },
    });
  });

  it('publishes a version once, and never another artifact under its name', async () => {
    const { model, control } = await makeModel(edge, ['a']);
    const again = unwrap(await control.addVersion({ model, version: 'a', digest: digestOf('a') }, actor));
    expect(again).toMatchObject({ added: false, release: { epoch: 2 } });
    expect(unwrap(await control.addVersion({ model, version: 'b', digest: digestOf('b') }, actor)).added).toBe(true);
    expect(refusalOf(await control.addVersion({ model, version: 'a', digest: digestOf('z') }, actor))).toBe(
      'version-conflict',
    );
  });

  it('compares and sets: of two changes for one epoch the second is refused', async () => {
    const { control } = await makeModel(edge, ['a', 'b', 'c']);
    const { epoch } = unwrap(await control.lease()).release;
    const both = await Promise.all([
      control.promote({ ...actor, version: 'b', expectEpoch: epoch }),
      control.promote({ ...actor, version: 'c', expectEpoch: epoch }),
    ]);
    expect(both.map(refusalOf).sort()).toEqual(['epoch-conflict', 'none']);
    expect(unwrap(await control.lease()).release.epoch).toBe(epoch + 1);
  });

  it('leaves a copy of the release in R2 after each change', async () => {
    const { model, control } = await makeModel(edge, ['a', 'b']);
    const release = unwrap(await control.promote({ ...actor, version: 'b' }));
    const copy = await edge.bucket.get(releaseKey(model));
    expect(releaseSchema.parse(JSON.parse((await copy?.text()) ?? ''))).toEqual(release);
  });

  it('makes what is stable the last good version when its bake has ended', async () => {
    const { control } = await makeModel(edge, ['a', 'b']);
    expect(unwrap(await control.promote({ ...actor, version: 'b', bakeMs: 50 })).lastGood?.version).toBe('a');
    const baked = await until(async () => {
      const { release } = unwrap(await control.lease());
      return release.lastGood?.version === 'b' ? release : undefined;
    });
    expect(baked).toMatchObject({ epoch: 5, stable: { version: 'b' } });
    const [row] = unwrap(await control.audit(1));
    expect(row).toMatchObject({ action: 'bake-ended', epoch: 5, who: 'control-plane', from: 'a', to: 'b' });
  });

  it('rolls back behind a fence, and the audit says who did what and why', async () => {
    const { control } = await makeModel(edge, ['a', 'b']);
    unwrap(await control.promote({ who: 'bob', why: 'new', version: 'b' }));
    const result = unwrap(await control.rollback({ who: 'eve', why: 'broken' }));
    expect(result.waitedMs).toBeGreaterThanOrEqual(leaseMs + graceMs);
    expect(result).toMatchObject({
      reach: 'all',
      withdrawn: { version: 'b' },
      release: { stable: { version: 'a' }, fenced: [digestOf('b')] },
    });
    const rows = unwrap(await control.audit(10));
    expect(actionsOf(rows)).toEqual(['fence-held', 'rollback', 'promote', 'promote', 'publish', 'publish']);
    expect(rows[1]).toMatchObject({ who: 'eve', why: 'broken', from: 'b', to: 'a', epoch: 5 });
    expect(rows[0]?.at).toBeGreaterThanOrEqual(result.fencedAt);
    expect(refusalOf(await control.promote({ ...actor, version: 'b' }))).toBe('version-fenced');
    const lifted = unwrap(await control.promote({ ...actor, version: 'b', liftFence: true }));
    expect(lifted).toMatchObject({ stable: { version: 'b' }, fenced: [], epoch: 7 });
    expect(actionsOf(unwrap(await control.audit(2)))).toEqual(['promote', 'lift-fence']);
  });

  it('says when a cut-off edge may go on with what was withdrawn', async () => {
    const { control } = await makeModel(edge, ['a', 'b']);
    unwrap(await control.promote({ ...actor, version: 'b', bakeMs: 0 }));
    expect(unwrap(await control.rollback(actor)).reach).toBe('connected');
  });

  it('joins a repeated rollback to the fence of the first, during the wait and after it', async () => {
    const { control } = await makeModel(edge, ['a', 'b', 'c']);
    unwrap(await control.promote({ ...actor, version: 'b' }));
    unwrap(await control.promote({ ...actor, version: 'c' }));
    const { epoch } = unwrap(await control.lease()).release;
    const first = control.rollback({ ...actor, expectEpoch: epoch });
    const joined = [control.rollback(actor), control.rollback({ ...actor, to: 'b' })];
    // The fence that somebody waits for is not lifted under them.
    await until(async () => (unwrap(await control.lease()).release.epoch > epoch ? true : undefined));
    expect(refusalOf(await control.promote({ ...actor, version: 'c', liftFence: true }))).toBe('version-fenced');
    const results = (await Promise.all([first, ...joined])).map(unwrap);
    expect(new Set(results.map(({ fencedAt }) => fencedAt)).size).toBe(1);
    const later = unwrap(await control.rollback({ ...actor, to: 'b', expectEpoch: epoch }));
    expect(later.fencedAt).toBe(results[0]?.fencedAt);
    expect(actionsOf(unwrap(await control.audit(100))).filter((action) => action === 'rollback')).toHaveLength(1);
  });

  it('goes back one more when it is asked again after the fence held', async () => {
    const { control } = await makeModel(edge, ['a', 'b', 'c']);
    unwrap(await control.promote({ ...actor, version: 'b' }));
    unwrap(await control.promote({ ...actor, version: 'c' }));
    expect(unwrap(await control.rollback(actor)).release.stable?.version).toBe('b');
    expect(unwrap(await control.rollback(actor)).release.stable?.version).toBe('a');
  });

  it('answers no more audit rows than it may', async () => {
    const { control } = await makeModel(edge, ['a', 'b']);
    expect(unwrap(await control.audit(2))).toHaveLength(2);
    for (const limit of [0, 1.5, auditLimitMax + 1])
      expect(refusalOf(await control.audit(limit))).toBe('bad-parameter');
  });
});

describe('the control plane while R2 fails', () => {
  it('changes the release all the same, and writes the copy later', async () => {
    const edge = await startTestEdge({ source: 'test/harness/flaky-bucket-worker.ts' });
    try {
      const { model, control } = await makeModel(edge, []);
      const published = await control.addVersion({ model, version: 'a', digest: digestOf('a') }, actor);
      expect(unwrap(published).release.epoch).toBe(1);
      await edge.logged('release-copy-failed', { model });
      const copy = await until(async () => (await edge.bucket.get(releaseKey(model))) ?? undefined);
      expect(releaseSchema.parse(JSON.parse(await copy.text()))).toEqual(unwrap(published).release);
    } finally {
      await edge.dispose();
    }
  });
});

describe('the control plane across a restart', () => {
  const options = { vars: { LEASE_MS: String(leaseMs) } };
  let stateDir: string;
  let edge: TestEdge;
  let model: string;
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'brink-control-'));
    edge = await startTestEdge({ ...options, stateDir });
    const made = await makeModel(edge, ['a', 'b']);
    model = made.model;
    unwrap(await made.control.promote({ ...actor, version: 'b' }));
    const cutOff = made.control.rollback({ ...actor, why: 'broken' }).catch(() => 'cut off');
    await until(async () => (unwrap(await made.control.lease()).release.fenced.length > 0 ? true : undefined));
    await edge.dispose();
    expect(await cutOff).toBe('cut off');
    edge = await startTestEdge({ ...options, stateDir });
  });
  afterEach(async () => {
    await edge.dispose();
    await rm(stateDir, { recursive: true, force: true });
  });

  it('waits from the start again for a repeated call of the rollback that was cut off', async () => {
    const control = edge.control(model) as unknown as ControlPlaneApi;
    const result = unwrap(await control.rollback({ ...actor, to: 'a', why: 'broken' }));
    expect(result.waitedMs).toBeGreaterThanOrEqual(leaseMs + graceMs);
    expect(result).toMatchObject({ withdrawn: { version: 'b' }, release: { stable: { version: 'a' } } });
    expect(actionsOf(unwrap(await control.audit(3)))).toEqual(['fence-held', 'rollback', 'promote']);
  });

  it('ends the fence by itself when nobody repeats the call', async () => {
    const control = edge.control(model) as unknown as ControlPlaneApi;
    const rows = await until(async () => {
      const newest = unwrap(await control.audit(2));
      return newest[0]?.action === 'fence-held' ? newest : undefined;
    });
    expect(actionsOf(rows)).toEqual(['fence-held', 'rollback']);
  });
});

/** Asks until there is an answer; the test's own time limit ends it. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
