import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { prepareVersion } from '../../../scripts/publish/prepare-version.js';
import { changedFolder } from '../../../scripts/start/changed-folder.js';
import type { Release } from '../../../shared/release/release.js';
import { doubleModel } from '../../harness/onnx.js';
import { folderOf, removeFolder } from '../model-folder.js';

describe('a folder whose model is served', () => {
  let root: string;
  let folder: string;
  const { signal } = new AbortController();
  beforeAll(() => {
    if (!existsSync(join(projectRoot(), 'dist/origin/runner.js'))) {
      throw new Error('run "node scripts/build.mjs" first');
    }
  });
  beforeEach(async () => {
    root = await folderOf({
      'models/double/definition.json': JSON.stringify({ name: 'double', graphs: { main: { from: 'double.onnx' } } }),
      'models/double/double.onnx': doubleModel(2).bytes,
    });
    folder = join(root, 'models', 'double');
  });
  afterEach(() => removeFolder(root));

  const release = (digests: readonly string[]): Release => {
    const versions = digests.map((digest, index) => ({ version: `v${index + 1}`, digest }));
    const stable = versions[0] ?? null;
    return { schema: 1, model: 'double', epoch: 2, stable, lastGood: stable, fenced: [], versions };
  };
  const tell = (digests: readonly string[], home = join(root, '.brink')) => {
    const paste = { edgeUrl: 'http://e', cwd: root, home, projectRoot: root, withKey: false };
    return changedFolder(folder, release(digests), paste, signal);
  };
  const other = 'a'.repeat(64);

  it('is not worth a word when what it holds is published, served or not', async () => {
    const { digest } = await prepareVersion(folder);
    expect(await tell([digest])).toBeUndefined();
    expect(await tell([other, digest])).toBeUndefined();
  });

  it('is told of when it has changed since, with the line to publish it', async () => {
    expect(await tell([other])).toBe(
      'models/double differs from what is published (v1): npx brink publish models/double',
    );
    expect(await tell([other, other, other, other], '/home')).toBe(
      'models/double differs from what is published (…, v2, v3, v4): BRINK_HOME=/home npx brink publish models/double',
    );
  });
});
