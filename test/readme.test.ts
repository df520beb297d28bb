import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminToken, Stack } from './harness/stack.js';

/** What the README tells a newcomer to paste is pasted here. */
const run = promisify(execFile);
let stack: Stack;
let folder: string;

beforeAll(async () => {
  stack = await Stack.start();
  folder = await mkdtemp(join(tmpdir(), 'brink-readme-'));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const [block = ''] = blocksOf(await readFile('README.md', 'utf8'), 'js');
  await mkdir(join(folder, 'scratch'));
  await writeFile(join(folder, 'scratch', 'make-double.mjs'), block);
  await run(process.execPath, ['scratch/make-double.mjs'], { cwd: folder });
});
afterAll(async () => {
  await stack.dispose();
  await rm(folder, { recursive: true, force: true });
});

function blocksOf(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, block = '']) => block,
  );
}

async function brink(...args: string[]): Promise<Record<string, unknown>> {
  const options = ['--json', '--url', stack.edge.url, '--token', adminToken];
  const { stdout } = await run(process.execPath, [resolve('bin/brink.mjs'), ...args, ...options], { cwd: folder });
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('the README', () => {
  it('makes a model in five lines that publish, promote and infer take', async () => {
    expect((await readFile(join(folder, 'scratch', 'make-double.mjs'), 'utf8')).trim().split('\n')).toHaveLength(5);
    const published = await brink('publish', 'scratch/double.onnx');
    expect(published).toMatchObject({ model: 'double', version: 'v1', added: true });
    await brink('promote', 'double', 'v1');
    const answer = await brink('infer', 'double', '--input', 'x=[1, 2, 3]', '--serve-on', 'edge');
    expect(answer).toMatchObject({ version: 'v1', digest: published['digest'], servedBy: 'edge' });
    expect(answer['answer']).toMatchObject({ outputs: [{ name: 'y', shape: [3], data: [2, 4, 6] }] });
  });

  it('makes a folder of it with the definition that it shows', async () => {
    const [definition = ''] = blocksOf(await readFile('README.md', 'utf8'), 'ts');
    const model = join(folder, 'double');
    await cp(join(folder, 'scratch', 'double.onnx'), join(model, 'double.onnx'));
    await writeFile(join(model, 'definition.ts'), definition.replace('../define.js', resolve('models/define.ts')));
    expect(await brink('publish', model)).toMatchObject({ model: 'double', version: 'v2', added: true });
    expect(await brink('publish', model)).toMatchObject({ version: 'v2', added: false, uploadedBytes: 0 });
  });
});
