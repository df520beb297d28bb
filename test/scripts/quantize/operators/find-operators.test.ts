import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { EditableModel } from '../../../../scripts/quantize/graph/editable-model.js';
import { findOperators } from '../../../../scripts/quantize/operators/find-operators.js';
import { whyNone } from '../../../../scripts/quantize/operators/why-none.js';
import { asGraph } from '../../../harness/as-graph.js';
import { imageClassifier, transformerEncoder } from '../../../harness/foreign-models.js';
import { GraphBuilder } from '../../../harness/graph-builder.js';
import { int, ints, spec } from '../../../harness/onnx.js';

const silero = createRequire(import.meta.url).resolve('@ricky0123/vad-web/dist/silero_vad_v5.onnx');

describe('operators with weights', () => {
  it('are found with the axis of their output channels', async () => {
    const model = await EditableModel.open(asGraph(imageClassifier(1)));
    const found = findOperators(model);
    expect(found.map(({ kind, weights }) => [kind, weights[0]?.values.dims, weights[0]?.channelAxis])).toEqual([
      ['Conv', [16, 3, 3, 3], 0],
      ['Conv', [32, 16, 3, 3], 0],
      ['Conv', [32, 32, 3, 3], 0],
      ['Gemm', [10, 32], 0],
    ]);
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
  });

  it('are matrices and tables of a transformer, and no product of two activations', async () => {
    const model = await EditableModel.open(asGraph(transformerEncoder(1)));
    const found = findOperators(model);
    const count = (kind: string): number => found.filter((operator) => operator.kind === kind).length;
    expect([count('Gather'), count('MatMul')]).toEqual([2, 12]);
  });

  it('are alike where type, shape and attributes are', async () => {
    const graph = new GraphBuilder(1);
    const conv = (x: string, stride: number): string =>
      graph.add(
        'Conv',
        [x, graph.weights([4, 4, 3, 3])],
        [ints('pads', [1, 1, 1, 1]), ints('strides', [stride, stride])],
      );
    graph.add('Conv', [conv(conv(conv('x', 1), 1), 2), graph.weights([4, 1, 3, 3])], [int('group', 4)], 'y');
    const { bytes, externalData, signature } = graph.model([spec('x', 'FP32', [1, 4, 16, 16])], [spec('y', 'FP32', [1, 4, 6, 6])]); // prettier-ignore
    const found = findOperators(await EditableModel.open(asGraph({ bytes, externalData, signature })));
    const [one, two, strided, depthwise] = found.map(({ group }) => group);
    expect(one).toBe(two);
    expect(new Set([one, strided, depthwise]).size).toBe(3);
    expect(depthwise).toContain('group 4');
  });

  it('are found within branches, and small ones left out where that is asked', async () => {
    const bytes = new Uint8Array(await readFile(silero));
    const open = () => EditableModel.open({ file: 'a.onnx', model: bytes, externalData: {} });
    const all = findOperators(await open());
    expect(all.some(({ scope }) => scope.isNested)).toBe(true);
    expect(findOperators(await open(), 1_000_000_000)).toEqual([]);
  });

  it('are missing for a reason that is told', async () => {
    const none = new GraphBuilder(1);
    none.add('Relu', ['x'], [], 'y');
    const io = [[spec('x', 'FP32', [2])], [spec('y', 'FP32', [2])]] as const;
    expect(await whyNone(asGraph(none.model([...io[0]], [...io[1]])))).toMatch(/no float weights/); // prettier-ignore
    const added = new GraphBuilder(1);
    added.add('Add', ['x', added.weights([2])], [], 'y');
    expect(await whyNone(asGraph(added.model([...io[0]], [...io[1]])))).toMatch(/none of its weights/);
    const already = new GraphBuilder(1);
    already.add('DequantizeLinear', [already.add('QuantizeLinear', ['x', already.scalar(0.1)]), already.scalar(0.1)], [], 'y'); // prettier-ignore
    expect(await whyNone(asGraph(already.model([...io[0]], [...io[1]])))).toMatch(/quantized already \(DequantizeLinear, QuantizeLinear\)/); // prettier-ignore
  });
});
