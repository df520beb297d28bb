import { afterEach, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { loadDefinition } from '../../../scripts/publish/load-definition.js';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { folderOf, removeFolder } from '../model-folder.js';

const folders: string[] = [];
const made = async (files: Record<string, string | Uint8Array>): Promise<string> => {
  const folder = await folderOf(files);
  folders.push(folder);
  return folder;
};
afterEach(async () => {
  await Promise.all(folders.splice(0).map(removeFolder));
});

const minimal = { name: 'double', graphs: { main: { from: 'double.onnx' } } };

describe('loading a definition', () => {
  it('reads definition.json and fills in the defaults', async () => {
    const folder = await made({ 'definition.json': JSON.stringify(minimal) });
    const { definition, folder: place } = await loadDefinition(folder);
    expect(place).toBe(folder);
    expect(definition).toMatchObject({
      name: 'double',
      files: {},
      settings: {},
      placement: { tiers: ['edge', 'origin'] },
    });
  });

  it('runs definition.ts with its imports, without writing anything', async () => {
    const folder = await made({
      'definition.ts': `import { name } from './name.js';\nexport default { name: name as string, graphs: { main: { from: 'x.onnx' } } };`,
      'name.ts': `export const name: string = 'typed';`,
    });
    expect((await loadDefinition(folder)).definition.name).toBe('typed');
  });

  it.each(['definition.js', 'definition.mjs'])('takes %s, and a named export', async (file) => {
    const folder = await made({ [file]: `export const definition = ${JSON.stringify(minimal)};` });
    expect((await loadDefinition(folder)).definition.name).toBe('double');
  });

  it('takes the definition file itself', async () => {
    const folder = await made({ 'other.json': JSON.stringify(minimal) });
    expect((await loadDefinition(join(folder, 'other.json'))).definition.name).toBe('double');
  });

  it("loads the project's own models", async () => {
    const { definition } = await loadDefinition(join(projectRoot(), 'models', 'ocr-line'));
    expect(definition.name).toBe('ocr-line');
  });

  it('makes a default definition for a bare .onnx file, named after it', async () => {
    const folder = await made({ 'double.onnx': 'x' });
    const { definition } = await loadDefinition(join(folder, 'double.onnx'));
    expect(definition).toMatchObject({ name: 'double', graphs: { model: { from: 'double.onnx' } } });
    expect((await loadDefinition(join(folder, 'double.onnx'), 'twice')).definition.name).toBe('twice');
  });

  it('takes the weights that exporters put beside a bare .onnx file', async () => {
    const folder = await made({ 'a.onnx': 'x', 'a.onnx.data': 'w', 'b.onnx': 'x', 'b.onnx_data': 'w' });
    const a = (await loadDefinition(join(folder, 'a.onnx'))).definition.graphs['model']?.externalData;
    const b = (await loadDefinition(join(folder, 'b.onnx'))).definition.graphs['model']?.externalData;
    expect([a, b]).toEqual([{ 'a.onnx.data': { from: 'a.onnx.data' } }, { 'b.onnx_data': { from: 'b.onnx_data' } }]);
  });

  it('asks for --name when the file name cannot be a model name', async () => {
    const folder = await made({ 'my model.onnx': 'x' });
    await expect(loadDefinition(join(folder, 'my model.onnx'))).rejects.toThrow('give one with --name');
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    [
      'a folder without a definition',
      { 'a.txt': '' },
      'no-definition',
      /expected one of definition\.ts, definition\.js/,
    ],
    ['broken JSON', { 'definition.json': '{' }, 'invalid-definition', /cannot be read/],
    ['TypeScript that does not parse', { 'definition.ts': 'export default {' }, 'invalid-definition', /cannot be read/],
    ['a module that throws', { 'definition.js': 'throw new Error("boo")' }, 'invalid-definition', /boo/],
    [
      'a module without a default export',
      { 'definition.js': 'export const a = 1' },
      'invalid-definition',
      /default export/,
    ],
    ['an unknown field', { 'definition.json': '{"name":"a","graphs":{},"grahps":{}}' }, 'invalid-definition', /grahps/],
    [
      'a bad name',
      { 'definition.json': '{"name":"../a","graphs":{}}' },
      'invalid-definition',
      /name: expected 1 to 64/,
    ],
    [
      'a bad sha256',
      { 'definition.json': '{"name":"a","graphs":{"m":{"from":"x","sha256":"ABC"}}}' },
      'invalid-definition',
      /graphs\.m\.sha256: expected 64 lower-case hexadecimal digits/,
    ],
  ])('refuses %s, saying what is wrong', async (_, files, code, message) => {
    const error = await loadDefinition(await made(files)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('refuses a path that is not there', async () => {
    await expect(loadDefinition('/nowhere/at/all')).rejects.toMatchObject({ code: 'no-definition' });
  });

  it('refuses a file that is neither a definition nor a graph', async () => {
    const folder = await made({ 'a.txt': '' });
    await expect(loadDefinition(join(folder, 'a.txt'))).rejects.toMatchObject({ code: 'no-definition' });
  });
});
