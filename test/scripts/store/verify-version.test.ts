import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobKey, manifestKey } from '../../../edge/artifact-keys.js';
import { verifyVersion } from '../../../scripts/store/verify-version.js';
import type { Check } from '../../../scripts/store/verification.js';
import { made, startStore, store, type Store } from './stored-versions.js';

let at: Store;
let names = 0;
beforeAll(async () => {
  at = await startStore();
});
afterAll(() => at.edge.dispose());

const verify = async (model: string, version = 'v1') => verifyVersion(at.client, { model, version });
const failed = (checks: readonly Check[]): string[] =>
  checks.filter(({ state }) => state === 'failed').map(({ what, name, where }) => `${what} ${name} ${where}`);
const nextModel = (): string => `verified-${(names += 1)}`;

describe('verifying a version', () => {
  it('reads and hashes all of it, and runs its goldens on both runtimes', async () => {
    const model = nextModel();
    const digest = await store(
      at,
      await made(3, { model, external: true, golden: 3, tiers: ['edge', 'origin'] }),
      'v1',
    );
    const verified = await verify(model);
    expect(verified).toMatchObject({ model, version: 'v1', digest, ok: true });
    expect(verified.checks.map(({ what, where, state }) => `${what} ${where} ${state}`).sort()).toEqual([
      'blob store ok',
      'blob store ok',
      'blob store ok',
      'golden native ok',
      'golden workerd ok',
      'manifest store ok',
      'signature store absent',
    ]);
  });

  it('is content with a version that has no goldens, and says so', async () => {
    const model = nextModel();
    await store(at, await made(3, { model }), 'v1');
    const { ok, checks } = await verify(model);
    expect(ok).toBe(true);
    expect(checks).toContainEqual(expect.objectContaining({ what: 'golden', state: 'absent' }));
  });

  it('finds a flipped bit in a file', async () => {
    const model = nextModel();
    const version = await made(5, { model, external: true, golden: 5 });
    await store(at, version, 'v1');
    const { sha256 } = version.target.manifest.graphs['main']!.externalData['weights.bin']!;
    const bytes = version.blobs.get(sha256)!.slice();
    bytes[7] = bytes[7]! ^ 1;
    await at.edge.bucket.put(blobKey(sha256), bytes);
    const { ok, checks } = await verify(model);
    expect(ok).toBe(false);
    expect(failed(checks)).toEqual(['blob graph main: weights.bin store', 'golden graph main native']);
  });

  it('finds a file that is missing, and one that was cut', async () => {
    const model = nextModel();
    const version = await made(6, { model, external: true });
    await store(at, version, 'v1');
    const { model: graph, externalData } = version.target.manifest.graphs['main']!;
    await at.edge.bucket.delete(blobKey(graph.sha256));
    await at.edge.bucket.put(blobKey(externalData['weights.bin']!.sha256), new Uint8Array(5));
    const { checks } = await verify(model);
    expect(failed(checks).sort()).toEqual(['blob graph main store', 'blob graph main: weights.bin store']);
    expect(checks.find(({ name }) => name === 'graph main')?.detail).toContain('it is missing');
    expect(checks.find(({ name }) => name.includes('weights'))?.detail).toBe('expected 64 bytes, 5 are stored');
  });

  it('finds a golden that the graph does not answer any more', async () => {
    const model = nextModel();
    await store(at, await made(3, { model, golden: 4 }), 'v1');
    const { ok, checks } = await verify(model);
    expect(ok).toBe(false);
    expect(failed(checks)).toEqual(['golden graph main: golden 1 native']);
  });

  it('finds a manifest that was edited, or is gone', async () => {
    const model = nextModel();
    const digest = await store(at, await made(7, { model }), 'v1');
    await at.edge.bucket.put(manifestKey(digest), '{}');
    expect(failed((await verify(model)).checks)).toEqual([`manifest ${digest} store`]);
    await at.edge.bucket.delete(manifestKey(digest));
    expect((await verify(model)).checks[0]).toMatchObject({
      what: 'manifest',
      state: 'failed',
      detail: 'it is missing',
    });
  });

  it('says that there is no such version, and no such model', async () => {
    const model = nextModel();
    await store(at, await made(2, { model }), 'v1');
    await expect(verify(model, 'v9')).rejects.toMatchObject({ status: 404, code: 'unknown-version' });
    await expect(verify('nobody')).rejects.toMatchObject({ status: 404, code: 'unknown-model' });
  });
});
