import { describe, expect, it } from 'vitest';
import { EditableModel } from '../../../../scripts/quantize/graph/editable-model.js';
import { transposed } from '../../../../scripts/quantize/graph/lift-constants.js';
import { findOperators } from '../../../../scripts/quantize/operators/find-operators.js';
import { asGraph } from '../../../harness/as-graph.js';
import { GraphBuilder } from '../../../harness/graph-builder.js';
import { ints, spec } from '../../../harness/onnx.js';
import { runInWasm } from '../../../harness/run-in-wasm.js';

describe('constants that nodes make', () => {
  it('are weights like any others: behind Identity and Transpose', async () => {
    const graph = new GraphBuilder(1);
    const turned = graph.add('Transpose', [graph.add('Identity', [graph.weights([5, 3])])]);
    graph.add('MatMul', ['x', turned], [], 'y');
    const source = asGraph(graph.model([spec('x', 'FP32', [2, 3])], [spec('y', 'FP32', [2, 5])]));
    const model = await EditableModel.open(source);
    expect(findOperators(model).map(({ weights }) => weights[0]?.values.dims)).toEqual([[3, 5]]);
    const x = { x: { shape: [2, 3], data: Float32Array.of(1, 2, 3, -1, 0.5, 4) } };
    expect(await runInWasm(model.finish(null), x)).toEqual(await runInWasm(source, x));
  });

  it('stay nodes where the graph answers with them, or they are made of what comes in', async () => {
    const graph = new GraphBuilder(1);
    graph.add('Identity', [graph.weights([2, 3])], [], 'y');
    graph.add('Transpose', ['x'], [], 'z');
    const specs = [spec('y', 'FP32', [2, 3]), spec('z', 'FP32', [3, 2])];
    const model = await EditableModel.open(asGraph(graph.model([spec('x', 'FP32', [2, 3])], specs)));
    expect(model.main.nodes.map(({ opType }) => opType)).toEqual(['Identity', 'Transpose']);
  });

  it.each([[[0, 1, 2]], [[2, 0, 1]], [[1, 2, 0]], [[2, 1, 0]]])('are turned by any order of axes: %j', async (perm) => {
    const dims = [2, 3, 4];
    const data = Float32Array.from({ length: 24 }, (_, at) => at);
    const graph = new GraphBuilder(1);
    graph.add('Transpose', ['x'], [ints('perm', perm)], 'y');
    const shape = perm.map((axis) => dims[axis] ?? 0);
    const model = asGraph(graph.model([spec('x', 'FP32', dims)], [spec('y', 'FP32', shape)]));
    const { y } = await runInWasm(model, { x: { shape: dims, data } });
    expect(transposed({ dims, data }, perm)).toEqual({ dims: shape, data: y });
  });
});
