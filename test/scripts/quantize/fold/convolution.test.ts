import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../../harness/graph-builder.js';
import { int, ints, text } from '../../../harness/onnx.js';
import { conv, folded, pointwise } from './fold-and-run.js';

const positive = (graph: GraphBuilder): string =>
  graph.constant(
    [4],
    Float32Array.from({ length: 4 }, () => 0.5 + graph.random()),
  );
const batchNorm = (graph: GraphBuilder, input: string): string =>
  graph.add('BatchNormalization', [input, positive(graph), graph.weights([4]), graph.weights([4]), positive(graph)]);
/** 2 groups of 2 channels each, by which channels are easily mixed up. */
const transposed = (graph: GraphBuilder, input: string): string =>
  graph.add('ConvTranspose', [input, graph.weights([4, 2, 3, 3], 18)], [int('group', 2), ints('pads', [1, 1, 1, 1])]);
const depthwise = (graph: GraphBuilder, input: string): string =>
  graph.add('Conv', [input, graph.weights([4, 1, 3, 3], 9)], [int('group', 4), ints('pads', [1, 1, 1, 1])]);

describe('folding into a convolution', () => {
  it.each([{ dims: [1] }, { dims: [1, 1, 1] }, { dims: [1, 1, 1, 1] }, { dims: [4, 1, 1] }, { dims: [1, 4, 1, 1] }])(
    'takes what follows by a constant of $dims, with a bias or without',
    async ({ dims }) => {
      for (const bias of [true, false]) {
        const { report, operators, error } = await folded((graph) => {
          const scaled = graph.add('Mul', [conv(graph, 'x', { bias }), graph.weights(dims)]);
          const shifted = graph.add('Sub', [graph.weights(dims), scaled]);
          const divided = graph.add('Div', [shifted, graph.scalar(1.7)]);
          return graph.add('Add', [graph.weights(dims), divided]);
        });
        expect([report['affine after Conv'], operators]).toEqual([4, ['Conv']]);
        expect(error).toBeLessThan(1e-5);
      }
    },
  );

  it.each([{ dims: [8] }, { dims: [1, 8] }, { dims: [8, 1] }, { dims: [4, 1, 8] }, { dims: [1, 1, 1, 1, 1] }])(
    'leaves alone a constant of $dims, which is not along the channels or adds an axis',
    async ({ dims }) => {
      const { report, error } = await folded((graph) => {
        const scaled = graph.add('Mul', [conv(graph, 'x'), graph.weights(dims)]);
        return graph.add('Reshape', [scaled, graph.integers([4], [1, 4, 8, 8])]);
      });
      expect([report['affine after Conv'], error]).toEqual([0, 0]);
    },
  );

  it.each([{ dims: [4] }, { dims: [4, 1] }])(
    'leaves alone $dims where rows and columns are as many as channels',
    async ({ dims }) => {
      const { report, error } = await folded((graph) => {
        const pooled = graph.add('AveragePool', ['x'], [ints('kernel_shape', [2, 2]), ints('strides', [2, 2])]);
        const scaled = graph.add('Mul', [graph.add('Conv', [pooled, graph.weights([4, 4, 1, 1], 4)]), graph.weights(dims)]); // prettier-ignore
        return graph.add('Add', ['x', graph.add('ReduceMax', [scaled])]);
      });
      expect([report['affine after Conv'], error]).toEqual([0, 0]);
    },
  );

  it('takes a BatchNormalization, grouped and transposed convolutions too, and what is behind it', async () => {
    for (const write of [conv, transposed, depthwise]) {
      const { report, operators, error } = await folded((graph) => {
        const channels = graph.add('Add', [batchNorm(graph, write(graph, 'x')), graph.weights([4, 1, 1])]);
        return batchNorm(graph, graph.add('Mul', [channels, graph.weights([4, 1, 1])]));
      });
      expect([report['batch norm after Conv'], report['affine after Conv'], operators.length]).toEqual([2, 2, 1]);
      expect(error).toBeLessThan(1e-5);
    }
  });

  it('leaves alone a BatchNormalization whose statistics are not constant', async () => {
    const { operators, error } = await folded((graph) => {
      const mean = graph.add('ReduceMean', ['x'], [ints('axes', [0, 2, 3]), int('keepdims', 0)]);
      const inputs = [conv(graph, 'x'), positive(graph), graph.weights([4]), mean, positive(graph)];
      return graph.add('BatchNormalization', inputs);
    });
    expect([operators.at(-1), error]).toEqual(['BatchNormalization', 0]);
  });

  it('takes a factor before it always, an offset where nothing is padded', async () => {
    const before = (graph: GraphBuilder): string =>
      graph.add('Add', [graph.add('Mul', ['x', graph.scalar(1.5)]), graph.scalar(0.7)]);
    const open = await folded((graph) => conv(graph, before(graph), pointwise));
    expect([open.report['affine before Conv'], open.operators]).toEqual([2, ['Conv']]);
    expect(open.error).toBeLessThan(1e-5);
    const factor = await folded((graph) => conv(graph, graph.add('Div', ['x', graph.scalar(1.5)])));
    expect(factor.operators).toEqual(['Conv']);
    expect(factor.error).toBeLessThan(1e-5);
    for (const write of [
      (graph: GraphBuilder) => conv(graph, before(graph)),
      (graph: GraphBuilder) => graph.add('Conv', [before(graph), graph.weights([4, 4, 3, 3])], [text('auto_pad', 'SAME_UPPER')]), // prettier-ignore
    ]) {
      const padded = await folded(write);
      expect([padded.operators, padded.error]).toEqual([['Mul', 'Add', 'Conv'], 0]);
    }
  });

  it('takes nothing of each channel, or of the weights of a transposed one, from before it', async () => {
    const channels = await folded((graph) => conv(graph, graph.add('Mul', ['x', graph.weights([1, 4, 1, 1])])));
    expect([channels.operators, channels.error]).toEqual([['Mul', 'Conv'], 0]);
    const other = await folded((graph) => transposed(graph, graph.add('Add', ['x', graph.scalar(2)])));
    expect([other.operators, other.error]).toEqual([['Add', 'ConvTranspose'], 0]);
  });

  it('leaves alone what others see, the caller too, and factors that are not constant or not finite', async () => {
    const seen = await folded((graph) => {
      const y = conv(graph, 'x');
      return graph.add('Add', [graph.add('Mul', [y, graph.scalar(2)]), y]);
    });
    expect([seen.operators, seen.error]).toEqual([['Conv', 'Mul', 'Add'], 0]);
    const answered = (graph: GraphBuilder): string => {
      const weights = [graph.weights([4, 4, 3, 3], 36), graph.weights([4])];
      const z = graph.add('Conv', ['x', ...weights], [ints('pads', [1, 1, 1, 1])], 'z');
      return graph.add('Mul', [z, graph.scalar(2)]);
    };
    const output = await folded(answered, { alsoOutputs: ['z'] });
    expect([output.operators, output.error]).toEqual([['Conv', 'Mul'], 0]);
    const given = await folded((graph) => graph.add('Mul', [conv(graph, 'x'), graph.add('ReduceMax', ['x'])]));
    expect([given.operators, given.error]).toEqual([['Conv', 'ReduceMax', 'Mul'], 0]);
    const byZero = await folded((graph) => graph.add('Clip', [graph.add('Div', [conv(graph, 'x'), graph.scalar(0)]), graph.scalar(-1), graph.scalar(1)])); // prettier-ignore
    expect([byZero.operators, byZero.error]).toEqual([['Conv', 'Div', 'Clip'], 0]);
  });

  it('changes no weights that two convolutions share', async () => {
    const { error, operators } = await folded((graph) => {
      const weights = graph.weights([4, 4, 1, 1], 4);
      const one = graph.add('Mul', [graph.add('Conv', ['x', weights]), graph.scalar(3)]);
      return graph.add('Add', [one, graph.add('Conv', ['x', weights])]);
    });
    expect(operators).toEqual(['Conv', 'Conv', 'Add']);
    expect(error).toBeLessThan(1e-5);
  });
});
