import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../../scripts/commands/usage-error.js';
import { inspect } from '../../../scripts/inspect/inspect.js';
import type { GraphInspection, InspectStage } from '../../../scripts/inspect/inspect-graph.js';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { PublishError } from '../../../scripts/publish/publish-error.js';
import {
  centringModel, doubleModel, echoModel, externalDoubleModel, floats, int, makeModel, node, spec, type TestModel, text,
  workModel,
} from '../../harness/onnx.js'; // prettier-ignore
import { folderOf, removeFolder } from '../model-folder.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await removeFolder(folder);
});

/** The only graph of a bare file. */
async function inspected({ bytes, externalData }: TestModel, shapes: readonly string[] = []): Promise<GraphInspection> {
  const folder = await folderOf({ 'm.onnx': bytes });
  folders.push(folder);
  for (const weights of Object.values(externalData)) await writeFile(join(folder, 'm.onnx.data'), weights);
  const { graphs } = await inspect(join(folder, 'm.onnx'), { shapes });
  return graphs[0]!;
}

const flopsOf = ({ flops }: GraphInspection): number => ('failed' in flops ? NaN : flops.flops);

describe('inspecting a model', () => {
  it('says what a small net takes, holds and costs, and that its rows are a batch', async () => {
    const found = await inspected(doubleModel());
    expect(found.signature).toEqual(doubleModel().signature);
    expect(found.summary).toMatchObject({
      opsets: [{ domain: '', version: 15 }],
      nodes: 2,
      parameters: 20,
      weightBytes: 80,
      operators: [
        { opType: 'Add', count: 1 },
        { opType: 'MatMul', count: 1 },
      ],
    });
    expect(found.summary.weights[0]).toMatchObject({ name: 'w', type: 'FLOAT', shape: [4, 4], bytes: 64 });
    expect(found.batchAxis).toBe('independent');
    expect(found.wasm).toEqual({ loads: true });
    expect(flopsOf(found)).toBe(2 * 4 * 4 + 4);
    expect(found.ranWith).toEqual({ x: [1, 4] });
  });

  it('counts the work of the rows that it is told to run', async () => {
    const found = await inspected(doubleModel(), ['x=10,4']);
    expect(found.ranWith).toEqual({ x: [10, 4] });
    expect(flopsOf(found)).toBe(10 * (2 * 4 * 4 + 4));
  });

  it('finds that rows see each other, and where there is no batch axis to speak of', async () => {
    expect((await inspected(centringModel())).batchAxis).toBe('not-a-batch');
    const fixed = { inputs: [spec('x', 'FP32', [2])], outputs: [spec('y', 'FP32', [2])] };
    expect((await inspected(makeModel(fixed, [node('Relu', ['x'], ['y'])]))).batchAxis).toBe('impossible');
  });

  it('reads every datatype, weights beside the file, and graphs within graphs', async () => {
    expect((await inspected(echoModel())).signature.inputs).toHaveLength(13);
    const external = await inspected(externalDoubleModel('m.onnx.data'));
    expect(external).toMatchObject({ externalBytes: 64, wasm: { loads: true } });
    expect(external.summary.weights[0]).toMatchObject({ name: 'w', external: true });
    const loop = await inspected(workModel());
    expect(loop.summary.operators.map(({ opType }) => opType)).toContain('MatMul');
    expect(loop.flops).toMatchObject({ unknown: ['Loop'] });
  });

  it('looks through a real network', async () => {
    const stages: InspectStage[] = [];
    const path = join(projectRoot(), 'models', 'ocr-line');
    const onStage = (_: string, stage: InspectStage): void => void stages.push(stage);
    const { model, graphs } = await inspect(path, { shapes: ['recogniser:x=1,3,48,320'], onStage });
    const [found] = graphs;
    expect([model, found?.summary.nodes, found?.batchAxis]).toEqual(['ocr-line', 765, 'independent']);
    expect(stages).toEqual(['load', 'batch', 'wasm', 'flops']);
    // Its last layer alone, 40 steps of 120 × 6,625 weights, is known by hand; the convolutions before it are most.
    const { byOperator } = found?.flops as Extract<GraphInspection['flops'], { byOperator: unknown }>;
    expect(byOperator[0]?.opType).toBe('Conv');
    expect(byOperator.find(({ opType }) => opType === 'MatMul')?.flops).toBeGreaterThan(2 * 40 * 120 * 6_625);
    expect(flopsOf(found!)).toBeGreaterThan(1e9);
  }, 60_000);

  it('leaves out of the sum, and names, what it cannot count', async () => {
    const signature = { inputs: [spec('x', 'FP32', [-1, 4])], outputs: [spec('y', 'FP32', [-1, 4])] };
    const einsum = { ...node('Einsum', ['x', 'w'], ['y']), attribute: [text('equation', 'bi,io->bo')] };
    const found = await inspected(makeModel(signature, [einsum], [floats('w', [4, 4], new Float32Array(16))]));
    expect(found.flops).toEqual({ flops: 0, byOperator: [], unknown: ['Einsum'] });
  });

  it('traces a chain of thousands of nodes', async () => {
    const length = 3_000;
    const names = ['x', ...Array.from({ length: length - 1 }, (_, at) => `v${at}`), 'y'];
    const chain = Array.from({ length }, (_, at) => node('Neg', [names[at]!], [names[at + 1]!]));
    expect(flopsOf(await inspected(makeModel(doubleModel().signature, chain)))).toBe(4 * length);
  }, 60_000);

  it('says so when the graph does not run with the inputs that were tried', async () => {
    const signature = { inputs: [spec('x', 'FP32', [-1, -1])], outputs: [spec('y', 'FP32', [-1, -1])] };
    const found = await inspected(makeModel(signature, [node('LRN', ['x'], ['y'], [int('size', 3)])]));
    expect(found.batchAxis).toBe('failed');
    expect(found.flops).toMatchObject({ failed: expect.stringContaining('LRN') as string });
  });

  it('refuses what is no model, and shapes that do not fit', async () => {
    const folder = await folderOf({ 'm.onnx': 'hello', 'd.onnx': doubleModel().bytes });
    folders.push(folder);
    await expect(inspect(join(folder, 'm.onnx'), { shapes: [] })).rejects.toThrow(PublishError);
    const fixed = makeModel(
      { inputs: [spec('a', 'FP32', [1, 2]), spec('b', 'FP32', [-1, 2])], outputs: [spec('y', 'FP32', [-1, 2])] },
      [node('Add', ['a', 'b'], ['y'])],
    );
    await expect(inspected(fixed, ['a=5,2'])).rejects.toThrow(UsageError);
    for (const shape of ['y=1,4', 'x=1,5', 'x=1', 'x', 'x=a', 'x=1,4,-1']) {
      await expect(inspect(join(folder, 'd.onnx'), { shapes: [shape] })).rejects.toThrow(UsageError);
    }
  });
});
