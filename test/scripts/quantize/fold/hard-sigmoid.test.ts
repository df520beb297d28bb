import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../../harness/graph-builder.js';
import { float } from '../../../harness/onnx.js';
import { folded } from './fold-and-run.js';

interface Style {
  readonly shift?: number;
  readonly bottom?: number;
  readonly top?: number;
  readonly by?: number;
  /** Constants first. */
  readonly flip?: boolean;
  /** Clip by attributes, as before opset 11. */
  readonly isOld?: boolean;
  readonly isFactor?: boolean;
}

function clipped(
  graph: GraphBuilder,
  input: string,
  { shift = 3, bottom = 0, top = 6, flip = false, isOld = false }: Style,
) {
  const three = graph.scalar(shift);
  const sum = graph.add('Add', flip ? [three, input] : [input, three]);
  if (isOld) return graph.add('Clip', [sum], [float('min', bottom), float('max', top)]);
  return graph.add('Clip', [sum, graph.scalar(bottom), graph.scalar(top)]);
}
function sixth(graph: GraphBuilder, input: string, { by = 6, flip = false, isFactor = false }: Style): string {
  if (!isFactor) return graph.add('Div', [input, graph.scalar(by)]);
  const factor = graph.constant([1], Float32Array.of(1 / by));
  return graph.add('Mul', flip ? [factor, input] : [input, factor]);
}
const hardSwish = (graph: GraphBuilder, input: string, style: Style = {}): string => {
  const gate = clipped(graph, input, style);
  return sixth(graph, graph.add('Mul', style.flip === true ? [gate, input] : [input, gate]), style);
};
const hardSigmoid = (graph: GraphBuilder, input: string, style: Style = {}): string =>
  sixth(graph, clipped(graph, input, style), style);

const styles: Style[] = [{}, { flip: true }, { isOld: true }, { isFactor: true }, { isFactor: true, flip: true }];
const nearly: Style[] = [{ shift: 2.9 }, { bottom: 0.1 }, { top: 5 }, { by: 5 }, { by: 6.1, isFactor: true }];

describe('folding gates', () => {
  it.each(styles)('writes a hard-swish that was written out as HardSigmoid and Mul: %j', async (style) => {
    const opset = style.isOld === true ? 10 : 15;
    const { report, operators, error } = await folded((graph) => hardSwish(graph, 'x', style), { opset });
    expect([report['hard-swish'], operators]).toEqual([1, ['HardSigmoid', 'Mul']]);
    expect(error).toBeLessThan(1e-5);
  });

  it.each(styles)('writes a hard-sigmoid that was written out as HardSigmoid: %j', async (style) => {
    const opset = style.isOld === true ? 7 : 15;
    const { report, operators, error } = await folded((graph) => hardSigmoid(graph, 'x', style), { opset });
    expect([report['hard-sigmoid'], operators]).toEqual([1, ['HardSigmoid']]);
    expect(error).toBeLessThan(1e-5);
  });

  it.each(nearly)('leaves alone what is nearly one: %j', async (style) => {
    for (const write of [hardSwish, hardSigmoid]) {
      const { report, operators, error } = await folded((graph) => write(graph, 'x', style));
      expect([report['hard-swish'], report['hard-sigmoid'], error]).toEqual([0, 0, 0]);
      expect(operators).toContain('Clip');
    }
  });

  it('leaves alone one whose gate is of another value, not known before, or seen elsewhere', async () => {
    const other = await folded((graph) => {
      const abs = graph.add('Abs', ['x']);
      return sixth(graph, graph.add('Mul', [abs, clipped(graph, 'x', {})]), {});
    });
    expect([other.operators, other.error]).toEqual([['Abs', 'Add', 'Clip', 'Mul', 'Div'], 0]);
    const unknown = await folded((graph) => {
      const top = graph.add('ReduceMax', ['x']);
      const bound = graph.add('Squeeze', [top]);
      return sixth(graph, graph.add('Clip', [graph.add('Add', ['x', graph.scalar(3)]), graph.scalar(0), bound]), {});
    });
    expect([unknown.operators.includes('Clip'), unknown.error]).toEqual([true, 0]);
    const seen = await folded((graph) => {
      const gate = clipped(graph, 'x', {});
      return graph.add('Add', [sixth(graph, graph.add('Mul', ['x', gate]), {}), gate]);
    });
    expect([seen.operators, seen.error]).toEqual([['Add', 'Clip', 'Mul', 'Div', 'Add'], 0]);
  });
});
