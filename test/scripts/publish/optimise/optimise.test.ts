import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../../../scripts/local/project-root.js';
import { compileGraph } from '../../../../scripts/publish/compile-graph.js';
import { optimiseGraph, weightsFile } from '../../../../scripts/publish/optimise/optimise-graph.js';
import { prepareVersion } from '../../../../scripts/publish/prepare-version.js';
import { InMemory } from '../../../../scripts/publish/content/in-memory.js';
import type { GraphBytes } from '../../../../scripts/publish/throw-away-runner.js';
import {
  bombModel, doubleModel, externalDoubleModel, int64s, ints, makeModel, node, spec, type TestModel, workModel,
} from '../../../harness/onnx.js'; // prettier-ignore
import { folderOf, removeFolder } from '../../model-folder.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await removeFolder(folder);
});

const graphOf = ({ bytes, externalData }: TestModel): GraphBytes => ({
  file: 'a.onnx',
  model: bytes,
  externalData: Object.fromEntries(Object.entries(externalData).map(([name, data]) => [name, new InMemory(data)])),
});
const compile = (model: TestModel, more: { optimise?: boolean; forEdge?: boolean } = {}) =>
  compileGraph('main', graphOf(model), { optimise: true, forEdge: true, onStage: () => undefined, ...more });

describe('optimising at publish', () => {
  it('stores a real network optimised, its weights beside it, and the same digest each time', async () => {
    const source = join(projectRoot(), 'models', 'ocr-line');
    const [one, again] = [
      await prepareVersion(source, { trials: false }),
      await prepareVersion(source, { trials: false }),
    ];
    expect(again.digest).toBe(one.digest);
    const graph = one.manifest.graphs['recogniser'];
    expect(graph?.optimised).toBe('extended');
    expect(Object.keys(graph?.externalData ?? {})).toEqual([weightsFile]);
    expect(graph?.model.bytes).toBeLessThan(200_000);
    const asIs = await prepareVersion(source, { optimise: false, trials: false });
    expect(asIs.manifest.graphs['recogniser']).not.toHaveProperty('optimised');
    expect(asIs.manifest.graphs['recogniser']?.signature).toEqual(graph?.signature);
  }, 60_000);

  it('writes graphs within graphs, and weights beside a graph that has a file of that name', async () => {
    const files = async (placing: 'beside' | 'inside', model: TestModel) =>
      Object.keys((await optimiseGraph(graphOf(model), placing))?.externalData ?? {});
    expect(await files('beside', workModel())).toEqual([weightsFile]);
    expect(await files('inside', workModel())).toEqual([]);
    expect(await files('inside', externalDoubleModel(weightsFile))).toEqual([weightsFile]);
  }, 30_000);

  it('folds what is constant, and keeps small weights in the graph', async () => {
    const signature = { inputs: [spec('x', 'FP32', [-1, 2])], outputs: [spec('y', 'FP32', [-1, 2])] };
    const twice = ['a', 'b', 'c'].map((name, at, all) => node('Identity', [at === 0 ? 'x' : all[at - 1]!], [name]));
    const folded = makeModel(signature, [...twice, node('Relu', ['c'], ['y'])]);
    const optimised = await optimiseGraph(graphOf(folded), 'beside');
    expect(optimised?.externalData).toEqual({});
    expect(Buffer.from(optimised!.model).includes('Identity')).toBe(false);
    expect(Buffer.from(folded.bytes).includes('Identity')).toBe(true);
  });

  it('takes weights that lie beside the graph already, whatever their file is called', async () => {
    for (const model of [externalDoubleModel(weightsFile), externalDoubleModel('mine.data')]) {
      const { signature, artifact } = await compile(model);
      expect(signature).toEqual(model.signature);
      expect(artifact).toMatchObject({ optimised: true });
    }
  }, 30_000);

  it('keeps a graph as it is when that is wished, when it would grow, and when it answers by chance', async () => {
    expect((await compile(doubleModel(), { optimise: false })).artifact).toMatchObject({ optimised: false });
    const signature = { inputs: [spec('x', 'FP32', [1])], outputs: [spec('y', 'FP32', [-1])] };
    const million = makeModel(
      signature,
      [node('ConstantOfShape', ['size'], ['zeros']), node('Add', ['zeros', 'x'], ['y'])],
      [int64s('size', [1], [1_000_000])],
    );
    const grown = await compile(million);
    expect(grown.artifact).toMatchObject({ optimised: false, why: expect.stringContaining('larger') as string });
    const chance = makeModel(signature, [
      node('RandomNormal', [], ['noise'], [ints('shape', [64])]),
      node('Add', ['noise', 'x'], ['y']),
    ]);
    const { artifact } = await compile(chance);
    expect(artifact).toMatchObject({ optimised: false, why: expect.stringContaining('differently') as string });
  }, 60_000);

  it('ends with an error that says so when a graph takes all memory before it can be optimised', async () => {
    const limited = { optimise: true, forEdge: false, onStage: () => undefined, memoryBytesMax: 700_000_000 };
    await expect(compileGraph('main', graphOf(bombModel()), limited)).rejects.toMatchObject({
      code: 'unreadable-graph',
      message: expect.stringMatching(/cannot run/) as string,
    });
  }, 60_000);

  it('is left out for a graph whose definition says so', async () => {
    const definition = { name: 'm', graphs: { main: { from: 'a.onnx', optimise: false } } };
    const folder = await folderOf({ 'a.onnx': doubleModel().bytes });
    folders.push(folder);
    await writeFile(join(folder, 'definition.json'), JSON.stringify(definition));
    expect((await prepareVersion(folder, { trials: false })).manifest.graphs['main']).not.toHaveProperty('optimised');
  });
});
