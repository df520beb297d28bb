import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobKey } from '../../../edge/artifact-keys.js';
import { runBrink } from '../run-brink.js';
import { made, startStore, type Store, store } from '../store/stored-versions.js';

let at: Store;
let args: string[];
beforeAll(async () => {
  at = await startStore();
  args = ['--url', at.edge.url, '--token', 'admin-token-0123456789'];
  await store(at, await made(1, { golden: 1 }), 'v1');
  await store(at, await made(2, { golden: 2 }), 'v2');
});
afterAll(() => at.edge.dispose());

describe('brink verify', () => {
  it.each([['test@v1'], ['test', 'v1']])('takes %j and ends well when all is well', async (...version) => {
    const { exit, stdout } = await runBrink(['verify', ...version, ...args]);
    expect(stdout).toMatch(/test v1 \([0-9a-f]{12}\): all is well/);
    expect(exit).toBe(0);
  });

  it('ends badly when something is not as it was, with one document of what', async () => {
    const version = await made(5, { model: 'damaged', golden: 6 });
    await store(at, version, 'v1');
    await at.edge.bucket.delete(blobKey(version.target.manifest.graphs['main']!.model.sha256));
    const { exit, stdout } = await runBrink(['verify', 'damaged@v1', '--json', ...args]);
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ model: 'damaged', ok: false });
  });

  it('says how it is called, and that there is no such version', async () => {
    for (const wrong of [['test'], ['a@b@c'], ['a/b@v1'], ['test@v1', 'v1']]) {
      expect((await runBrink(['verify', ...wrong, ...args])).exit).toBe(2);
    }
    expect((await runBrink(['verify', 'test@v9', ...args])).exit).toBe(3);
  });
});

describe('brink gc', () => {
  const collects = (...more: string[]) =>
    runBrink(['gc', '--keep-days', '0', '--keep-versions', '1', ...more, ...args]);

  it('tells what would go, then does it, then finds nothing', async () => {
    const told = await collects();
    expect(told.stdout).toMatch(
      /test +v1 [\s\S]*1 version would go[\s\S]*nothing was changed; brink gc --delete does it/,
    );
    const done = JSON.parse((await collects('--delete', '--json')).stdout) as { versions: object[]; bytes: number };
    expect(done).toMatchObject({ deleted: true, versions: [{ model: 'test', version: 'v1', kept: null }] });
    expect(done.bytes).toBeGreaterThan(0);
    expect((await collects('--delete')).stdout).toMatch(/0 versions went, 2 stay\nfreed no file/);
  });
});
