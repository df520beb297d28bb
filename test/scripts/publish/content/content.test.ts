import { createHash } from 'node:crypto';
import { access, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import type { Content } from '../../../../scripts/publish/content/content.js';
import { InMemory } from '../../../../scripts/publish/content/in-memory.js';
import { OnDisk } from '../../../../scripts/publish/content/on-disk.js';
import { WorkFolder } from '../../../../scripts/publish/content/work-folder.js';
import { build } from 'esbuild';
import { projectRoot } from '../../../../scripts/local/project-root.js';
import { folderOf, removeFolder } from '../../model-folder.js';

const bytes = new Uint8Array(10_000_000).map((_, index) => (index * 7 + (index >> 8)) % 251);
let folder: string;
let work: WorkFolder;
beforeEach(async () => {
  folder = await folderOf({ source: bytes });
  work = new WorkFolder(folder);
});
afterEach(() => removeFolder(folder));

async function onDisk(): Promise<Content> {
  const source = await open(join(folder, 'source'));
  try {
    return await OnDisk.copyOf(source, await work.newFile());
  } finally {
    await source.close();
  }
}

describe.each([
  ['in memory', () => Promise.resolve<Content>(new InMemory(bytes))],
  ['on disk', onDisk],
])('a content %s', (_, made) => {
  it('has a size and a digest', async () => {
    const { byteLength, sha256 } = await made();
    expect({ byteLength, sha256 }).toEqual({
      byteLength: bytes.byteLength,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
  });

  it('is read whole and in ranges', async () => {
    const content = await made();
    expect(Buffer.compare(await content.bytes(), bytes)).toBe(0);
    for (const [offset, length] of [
      [0, 1],
      [4_194_300, 10],
      [9_999_999, 1],
      [5, 0],
    ] as const) {
      expect(await content.read(offset, length)).toEqual(bytes.slice(offset, offset + length));
    }
  });

  it('is written to a file that may be changed without changing it', async () => {
    const content = await made();
    const path = join(folder, 'private');
    await content.writeTo(path);
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
    await writeFile(path, 'changed');
    expect(Buffer.compare(await content.bytes(), bytes)).toBe(0);
  });
});

describe('a content on disk', () => {
  it('is what was read while it was hashed, whatever becomes of the source', async () => {
    const content = await onDisk();
    await writeFile(join(folder, 'source'), 'changed');
    expect(Buffer.compare(await content.bytes(), bytes)).toBe(0);
  });

  it('says when it is asked for more than it has', async () => {
    await expect((await onDisk()).read(bytes.byteLength - 1, 2)).rejects.toThrow(/expected 2 bytes from 9999999/);
  });

  it('stops copying when told to', async () => {
    const source = await open(join(folder, 'source'));
    const copying = OnDisk.copyOf(source, await work.newFile(), AbortSignal.abort());
    await expect(copying).rejects.toMatchObject({ name: 'AbortError' });
    await source.close();
  });
});

describe('a work folder', () => {
  it('goes with all that is in it, twice without harm, and comes again when something needs it', async () => {
    const path = await work.newFile();
    await writeFile(path, 'x');
    await work.remove();
    await work.remove();
    await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(await work.newFile(), 'y');
  });

  it('counts what was reserved before', async () => {
    const room = new WorkFolder(folder, () => Promise.resolve(900_000_000));
    await room.reserve('a', 100_000_000);
    await expect(room.reserve('b', 100_000_000)).rejects.toMatchObject({ code: 'disk-full' });
  });

  it('goes when the program ends in the middle', async () => {
    const outfile = join(folder, 'leaves.mjs');
    const source = join(projectRoot(), 'scripts/publish/content/work-folder.ts');
    const contents = `import { writeFileSync } from 'node:fs';
      import { WorkFolder } from ${JSON.stringify(source)};
      const path = await new WorkFolder(${JSON.stringify(folder)}).newFile();
      writeFileSync(path, 'x');
      process.stdout.write(path);
      process.exit(1);`;
    await build({ stdin: { contents, resolveDir: folder }, bundle: true, platform: 'node', format: 'esm', outfile, banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" } }); // prettier-ignore
    const { stdout } = spawnSync(process.execPath, [outfile], { encoding: 'utf8' });
    expect(stdout).toMatch(/brink-publish-/);
    await expect(access(stdout)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
