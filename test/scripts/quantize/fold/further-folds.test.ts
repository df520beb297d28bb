import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../../harness/graph-builder.js';
import { float, int, ints } from '../../../harness/onnx.js';
import { folded } from './fold-and-run.js';

const positive = (graph: GraphBuilder): string => graph.constant([4], Float32Array.of(0.5, 1, 2, 0.1));
const batchNorm = (graph: GraphBuilder, x: string): string =>
  graph.add('BatchNormalization', [x, graph.weights([4]), graph.weights([4]), graph.weights([4]), positive(graph)], [float('epsilon', 1e-3)]); // prettier-ignore
const conv = (graph: GraphBuilder, x: string, group = 1): string =>
  graph.add('Conv', [x, graph.weights([4, 4 / group, 3, 3], 36)], [ints('pads', [1, 1, 1, 1]), int('group', group)]);

describe('further folds', () => {
  it.each([1, 2, 4])('put BatchNormalization into the convolution before it: %d groups', async (group) => {
    const { report, operators, error } = await folded((graph) => batchNorm(graph, conv(graph, 'x', group)));
    expect([report['batch norm after Conv'], operators, error < 1e-4]).toEqual([1, ['Conv'], true]);
  });

  it.each([1, 2])('put BatchNormalization into a transposed convolution: %d groups', async (group) => {
    const { operators, error } = await folded((graph) => {
      const weights = graph.weights([4, 4 / group, 3, 3], 36);
      const attributes = [ints('pads', [1, 1, 1, 1]), int('group', group)];
      return batchNorm(graph, graph.add('ConvTranspose', ['x', weights, graph.weights([4])], attributes));
    });
    expect([operators, error < 1e-4]).toEqual([['ConvTranspose'], true]);
  });

  it('leave BatchNormalization alone that follows no convolution', async () => {
    const { operators, error } = await folded((graph) => batchNorm(graph, 'x'));
    expect([operators, error]).toEqual([['BatchNormalization'], 0]);
  });

  it('put a factor for each channel into a convolution, and not one along another axis', async () => {
    for (const dims of [[4, 1, 1], [1, 4, 1, 1]]) {
      const { operators, error } = await folded((graph) => graph.add('Mul', [conv(graph, 'x'), graph.weights(dims)]));
      expect([operators, error < 1e-5]).toEqual([['Conv'], true]);
    }
    for (const dims of [[8], [8, 1], [1, 1, 8, 1]]) {
      const { operators, error } = await folded((graph) => graph.add('Mul', [conv(graph, 'x'), graph.weights(dims)]));
      expect([operators, error]).toEqual([['Conv', 'Mul'], 0]);
    }
  }); // prettier-ignore

  it('merge scalars one after the other, whichever side they stand on', async () => {
    const { report, operators, error } = await folded((graph) => {
      const shifted = graph.add('Sub', [graph.scalar(1), graph.add('Mul', ['x', graph.scalar(0.5)])]);
      return graph.add('Div', [graph.add('Add', [shifted, graph.scalar(2)]), graph.scalar(4)]);
    });
    expect([report['scalars merged'], operators, error < 1e-5]).toEqual([1, ['Mul', 'Add'], true]);
  });

  it('merge nothing that would be beyond 32 bits, or divides by zero', async () => {
    const large = await folded((graph) =>
      graph.add('Mul', [graph.add('Mul', ['x', graph.scalar(1e30)]), graph.scalar(1e30)]),
    );
    expect(large.operators).toEqual(['Mul', 'Mul']);
    const zero = await folded((graph) => graph.add('Div', [graph.add('Add', ['x', graph.scalar(9)]), graph.scalar(0)]));
    expect(zero.operators).toEqual(['Add', 'Div']);
  });

  it('take away what nobody takes, and what fed only that', async () => {
    const { report, operators, error } = await folded((graph) => {
      graph.add('Tanh', [graph.add('Sigmoid', ['x'])]);
      return graph.add('Relu', ['x']);
    });
    expect([report['dead nodes'], operators, error]).toEqual([2, ['Relu'], 0]);
  });
});
