import { afterEach, describe, expect, it } from 'vitest';
import {
  blobKey,
  collectionsPrefix,
  manifestKey,
  measurementsKey,
  partKey,
  releaseKey,
  signaturesKey,
} from '../../../edge/artifact-keys.js';
import { type Collected, collectGarbage, type CollectOptions } from '../../../scripts/store/collect-garbage.js';
import { made, startStore, store, type Store } from './stored-versions.js';

let at: Store;
afterEach(() => at.edge.dispose());

const gc = (options: Partial<CollectOptions> = {}): Promise<Collected> =>
  collectGarbage(at.client, {
    keepMs: 0,
    keepVersions: 1,
    delete: false,
    why: 'a test',
    nowMs: Date.now() + 1_000,
    ...options,
  });
const keys = async (): Promise<string[]> => (await at.edge.bucket.list()).objects.map(({ key }) => key).sort();
const names = async (model = 'test'): Promise<string[]> =>
  (await at.client.ages(model)).versions.map(({ version }) => version);

/** v1 to v4, of which v2 is served and v4 the newest. */
async function fourVersions(graceMs = 0): Promise<string[]> {
  at = await startStore(graceMs);
  const digests: string[] = [];
  for (const factor of [1, 2, 3, 4]) {
    digests.push(await store(at, await made(factor, { external: true }), `v${factor}`));
  }
  await at.client.promote('test', 'v2', { why: 'a test', bakeMs: 0 });
  return digests;
}

describe('collecting what nobody needs', () => {
  it('tells what would go and changes nothing', async () => {
    await fourVersions();
    const before = await keys();
    const told = await gc();
    expect(told).toMatchObject({ deleted: false, keptVersions: 2 });
    expect(told.versions.map(({ version }) => version)).toEqual(['v1', 'v3']);
    // The graph itself is the same in all of them: only its weights go.
    expect(told.removed).toEqual({
      blobs: { files: 2, bytes: 128 },
      manifests: { files: 2, bytes: expect.any(Number) as number },
    });
    expect(await keys()).toEqual(before);
    expect(await names()).toHaveLength(4);
  });

  it('does it when told to: what is kept is whole, and again finds nothing', async () => {
    const [d1, d2, , d4] = await fourVersions();
    await at.edge.bucket.put(measurementsKey(d1!), '{}');
    await at.edge.bucket.put(signaturesKey(d1!), '{}');
    await at.edge.bucket.put(measurementsKey(d2!), '{}');
    await at.edge.bucket.put('something/of/somebody', 'x');
    const told = await gc();
    const done = await gc({ delete: true });
    expect({ ...done, deleted: false }).toEqual(told);
    expect(done.removed).toMatchObject({ measurements: { files: 1 }, signatures: { files: 1 } });
    expect(await names()).toEqual(['v2', 'v4']);
    const left = await keys();
    expect(left).toEqual(
      expect.arrayContaining([
        manifestKey(d2!),
        manifestKey(d4!),
        measurementsKey(d2!),
        releaseKey('test'),
        'something/of/somebody',
      ]),
    );
    expect(left.filter((key) => key.startsWith('blobs/'))).toHaveLength(3);
    expect(left.filter((key) => key.startsWith(collectionsPrefix))).toEqual([]);
    const again = await gc({ delete: true });
    expect(again.versions).toEqual([]);
    expect(again.removed).toEqual({});
    const [last] = await at.client.audit('test', 1);
    expect(last).toMatchObject({ action: 'retire', why: 'a test', to: null });
  });

  it('leaves what is younger than the grace, whoever needs it', async () => {
    await fourVersions(3_600_000);
    await at.edge.bucket.put(partKey('ab'.repeat(32)), 'x');
    const { versions, removed } = await gc({ delete: true });
    expect(versions.map(({ version }) => version)).toEqual(['v1', 'v3']);
    expect(removed).toEqual({});
  });

  it('removes parts that were never joined', async () => {
    await fourVersions();
    await at.edge.bucket.put(partKey('ab'.repeat(32)), 'xyz');
    expect((await gc({ delete: true, keepVersions: 4 })).removed).toEqual({ parts: { files: 1, bytes: 3 } });
  });

  it.each([
    ['a manifest is damaged', (digest: string) => at.edge.bucket.put(manifestKey(digest), '{}'), 'artifact-corrupt'],
    [
      'a named manifest is gone',
      (digest: string) => at.edge.bucket.delete(manifestKey(digest)),
      'artifact-unavailable',
    ],
  ])('deletes nothing when %s', async (_, damage, code) => {
    const [, , d3] = await fourVersions();
    await at.edge.bucket.put(partKey('ab'.repeat(32)), 'xyz');
    await damage(d3!);
    const before = await keys();
    await expect(at.client.collect({ delete: true, cursor: null })).rejects.toMatchObject({ code });
    expect(await keys()).toEqual(before);
  });

  it('knows a model whose release was never written to R2 by its manifests', async () => {
    await fourVersions();
    await at.edge.bucket.delete(releaseKey('test'));
    expect(await at.client.collect({ delete: true, cursor: null })).toMatchObject({ objects: [] });
  });

  it('never takes a file from under somebody who publishes it at the same moment', async () => {
    await fourVersions();
    const racing = await made(1, { external: true });
    await at.client.retire('test', 'v1', 'a test');
    const publishing = async (): Promise<string> => {
      try {
        await at.client.addVersion('test', { version: 'v5', manifest: racing.target.manifest, why: 'a test' });
        return 'published';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const collecting = gc({ delete: true, keepVersions: 256 });
    const said = await Promise.all([publishing(), publishing(), collecting]);
    // Published and whole, or told to send its files again.
    if (said.includes('published')) {
      for (const sha256 of racing.blobs.keys()) expect(await at.edge.bucket.head(blobKey(sha256))).not.toBeNull();
    } else expect(said.slice(0, 2)).toEqual(['incomplete-version', 'incomplete-version']);
    await store(at, racing, 'v5');
    expect(await names()).toContain('v5');
  });

  it('makes a publisher wait while files are deleted, and not for one that ended in the middle', async () => {
    await fourVersions();
    const { target } = await made(1, { external: true });
    const register = () => at.client.addVersion('test', { version: 'v5', manifest: target.manifest, why: 'a test' });
    await at.edge.bucket.put(`${collectionsPrefix}${Date.now() - 1}-ended`, '');
    await register();
    const marker = `${collectionsPrefix}${Date.now() + 60_000}-going-on`;
    await at.edge.bucket.put(marker, '');
    let isOver = false;
    const waiting = at.client
      .addVersion('test', { version: 'v6', manifest: target.manifest, why: 'a test' })
      .finally(() => (isOver = true));
    // Each takes about as long as registering does when nothing holds it up.
    for (let call = 0; call < 15; call += 1) await at.client.versions('test');
    expect(isOver).toBe(false);
    await at.edge.bucket.delete(marker);
    await waiting;
  });

  it('keeps what rollback would go to', async () => {
    await fourVersions();
    await at.client.promote('test', 'v3', { why: 'a test', bakeMs: 0 });
    expect((await gc()).versions.map(({ version }) => version)).toEqual(['v1']);
    await gc({ delete: true });
    expect((await at.client.rollback('test', { why: 'a test' })).release.stable?.version).toBe('v2');
  });

  it('asks for versions to be retired before files are deleted', async () => {
    at = await startStore();
    const without = [{ model: 'test', version: 'v1' }];
    await expect(at.client.collect({ delete: true, cursor: null, without })).rejects.toMatchObject({ status: 400 });
  });
});
