import { mkdtemp, realpath, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processTree } from '../../scripts/bench/origin/processes/process-tree.js';
import { AdminClient } from '../../scripts/client/admin-client.js';
import { inspect } from '../../scripts/inspect/inspect.js';
import { prepareVersion } from '../../scripts/publish/prepare-version.js';
import { publish } from '../../scripts/publish/publish.js';
import { verifyVersion } from '../../scripts/store/verify-version.js';
import { startTestEdge, type TestEdge } from '../harness/edge.js';
import { largeBytes, writeLargeModel } from './large-model.js';

const freeBytesMin = 12_000_000_000;
const { bavail, bsize } = await statfs(tmpdir());
const hasRoom = bavail * bsize >= freeBytesMin;
if (!hasRoom) console.log(`skipped: expected ${freeBytesMin} bytes free in ${tmpdir()}, there are ${bavail * bsize}`);

const token = 'admin-token-0123456789';

describe.skipIf(!hasRoom)('a model whose weights are more than 2 GiB', () => {
  let folder: string;
  let edge: TestEdge;
  let peakBytes = 0;
  let watch: NodeJS.Timeout;
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'brink-large-')));
    await writeLargeModel(folder);
    edge = await startTestEdge({ vars: { ADMIN_TOKENS: `ops=${token}` }, stateDir: join(folder, 'state') });
    watch = setInterval(() => {
      void processTree(process.pid).then((tree) => {
        peakBytes = Math.max(peakBytes, tree.reduce((sum, { residentBytes }) => sum + residentBytes, 0)); // prettier-ignore
      });
    }, 250);
  }, 300_000);
  afterAll(async () => {
    clearInterval(watch);
    await edge.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  const told = (what: string, startedAt: number): void => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.log(`${what}: ${seconds} s, at most ${(peakBytes / 1e9).toFixed(1)} GB resident with all processes`);
    peakBytes = 0;
  };

  it('is inspected, and not tried in wasm, which could not hold it', async () => {
    const startedAt = performance.now();
    const { graphs } = await inspect(folder, { shapes: [] });
    told('inspect', startedAt);
    expect(graphs[0]).toMatchObject({
      externalBytes: largeBytes,
      batchAxis: 'independent',
      wasm: { loads: false, reason: expect.stringContaining('more than wasm32 can hold') as string },
    });
  });

  it('is optimised, published in parts, and what is stored answers as it did', async () => {
    const client = new AdminClient({ url: edge.url, token });
    let startedAt = performance.now();
    const prepared = await prepareVersion(folder, { measure: false });
    told('prepare', startedAt);
    try {
      expect(prepared.manifest.graphs['main']?.optimised).toBe('extended');
      startedAt = performance.now();
      const result = await publish(client, prepared, { why: 'a test' });
      told('upload', startedAt);
      expect(result.uploadedBytes).toBeGreaterThan(2 ** 31);
      expect((await edge.bucket.list({ prefix: 'parts/' })).objects).toEqual([]);
    } finally {
      await prepared.release();
    }
    startedAt = performance.now();
    const verified = await verifyVersion(client, { model: 'large', version: 'v1' });
    told('verify', startedAt);
    expect(verified.checks.filter(({ state }) => state === 'failed')).toEqual([]);
    expect(verified.checks.some(({ what, state }) => what === 'golden' && state === 'ok')).toBe(true);
  });
});
