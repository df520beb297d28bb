import { describe, expect, it } from 'vitest';
import { foldGraph } from '../../../../scripts/quantize/fold/fold-graph.js';
import { EditableModel } from '../../../../scripts/quantize/graph/editable-model.js';
import { asGraph } from '../../../harness/as-graph.js';
import { GraphBuilder } from '../../../harness/graph-builder.js';
import { ints, spec } from '../../../harness/onnx.js';
import { integerBelow, oneOf } from '../../../harness/random.js';
import { runInWasm } from '../../../harness/run-in-wasm.js';

const shape = [1, 4, 8, 8];
const x = { x: { shape, data: Float32Array.from({ length: 256 }, (_, at) => 4 * Math.sin(at * 1.7)) } };

/** A graph from x to y, both [1, 4, 8, 8]; its folds, its operators and how far its answers moved. */
async function folded(write: (graph: GraphBuilder) => string, opset?: number, alsoOutputs: string[] = []) {
  const graph = new GraphBuilder(2);
  graph.add('Identity', [write(graph)], [], 'y');
  const outputs = ['y', ...alsoOutputs].map((name) => spec(name, 'FP32', shape));
  const source = asGraph(graph.model([spec('x', 'FP32', shape)], outputs, opset));
  const model = await EditableModel.open(source);
  const report = foldGraph(model);
  const operators = model.main.nodes.map(({ opType }) => opType).filter((opType) => opType !== 'Identity');
  const [before, after] = [await runInWasm(source, x), await runInWasm(model.finish(null), x)];
  const error = Math.max(...Object.entries(before).flatMap(([name, data]) => Array.from(data, (value, at) => Math.abs(value - after[name]![at]!)))); // prettier-ignore
  return { report, operators, error };
}
const conv = (graph: GraphBuilder, input: string, padded = true, bias = true): string => {
  const weights = [graph.weights([4, 4, ...(padded ? [3, 3] : [1, 1])], 36), ...(bias ? [graph.weights([4])] : [])];
  return graph.add('Conv', [input, ...weights], padded ? [ints('pads', [1, 1, 1, 1])] : []);
};
const hardSwish = (graph: GraphBuilder, input: string, { shift = 3, top = 6, by = 6, flip = false } = {}): string => {
  const sum = graph.add('Add', flip ? [graph.scalar(shift), input] : [input, graph.scalar(shift)]);
  const gate = graph.add('Clip', [sum, graph.scalar(0), graph.scalar(top)]);
  return graph.add('Div', [graph.add('Mul', flip ? [gate, input] : [input, gate]), graph.scalar(by)]);
};

describe('folding', () => {
  it.each([true, false])('writes a hard-swish that was written out as HardSigmoid and Mul', async (flip) => {
    const { report, operators, error } = await folded((graph) => hardSwish(graph, 'x', { flip }));
    expect(report).toMatchObject({ 'hard-swish': 1 });
    expect(operators).toEqual(['HardSigmoid', 'Mul']);
    expect(error).toBeLessThan(1e-5);
  });

  it.each([{ shift: 2.9 }, { top: 5 }, { by: 5 }])('leaves alone what is nearly one: %j', async (other) => {
    const { report, error } = await folded((graph) => hardSwish(graph, 'x', other));
    expect([report['hard-swish'], error]).toEqual([0, 0]);
  });

  it('puts factors and offsets behind a convolution into it, whether it has a bias or none', async () => {
    for (const bias of [true, false]) {
      const { report, operators, error } = await folded((graph) =>
        graph.add('Add', [graph.scalar(0.7), graph.add('Mul', [conv(graph, 'x', true, bias), graph.scalar(1.5)])]),
      );
      expect([report['affine after Conv'], operators]).toEqual([2, ['Conv']]);
      expect(error).toBeLessThan(1e-5);
    }
  });

  it('puts what is before a convolution into it: a factor always, an offset where nothing is padded', async () => {
    const write = (padded: boolean) => (graph: GraphBuilder) =>
      conv(graph, graph.add('Add', [graph.add('Mul', ['x', graph.scalar(1.5)]), graph.scalar(0.7)]), padded);
    const open = await folded(write(false));
    expect([open.operators, open.error < 1e-5]).toEqual([['Conv'], true]);
    const padded = await folded(write(true));
    expect([padded.operators, padded.error]).toEqual([['Mul', 'Add', 'Conv'], 0]);
  });

  it('leaves alone what somebody else sees too, and constants of more than one number', async () => {
    const seen = await folded((graph) => {
      const y = conv(graph, 'x');
      return graph.add('Add', [graph.add('Mul', [y, graph.scalar(2)]), y]);
    });
    expect(seen.operators).toEqual(['Conv', 'Mul', 'Add']);
    const output = await folded((graph) => {
      const y = graph.add('Identity', [conv(graph, 'x')], [], 'z');
      return graph.add('Mul', [y, graph.scalar(2)]);
    }, undefined, ['z']); // prettier-ignore
    expect(output.operators).toEqual(['Conv', 'Mul']);
    const wide = await folded((graph) => graph.add('Mul', [conv(graph, 'x'), graph.weights([8])]));
    expect([wide.operators, wide.error]).toEqual([['Conv', 'Mul'], 0]);
  });

  it('changes no weights that two convolutions share', async () => {
    const { error, operators } = await folded((graph) => {
      const weights = graph.weights([4, 4, 1, 1], 4);
      const one = graph.add('Mul', [graph.add('Conv', ['x', weights]), graph.scalar(3)]);
      return graph.add('Add', [one, graph.add('Conv', ['x', weights])]);
    });
    expect([operators, error < 1e-5]).toEqual([['Conv', 'Conv', 'Add'], true]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('answers the same, whatever the chain: seed %d', async (seed) => {
    const { error } = await folded((graph) => {
      for (let skip = 0; skip < seed; skip += 1) graph.random();
      let y = 'x';
      for (let layer = 0; layer < 8; layer += 1) {
        const kind = integerBelow(graph.random, 5);
        if (kind === 0) y = conv(graph, y, graph.random() < 0.5, graph.random() < 0.5);
        else if (kind === 1) y = hardSwish(graph, y, { flip: graph.random() < 0.5 });
        else y = graph.add(oneOf(graph.random, ['Mul', 'Add']), [y, graph.scalar(graph.random() + 0.3)]);
      }
      return y;
    });
    expect(error).toBeLessThan(1e-3);
  });
});
