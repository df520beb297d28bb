import { describe, expect, it } from 'vitest';
import { int8PerChannel } from '../../../../../scripts/quantize/arithmetic/quantize-weights.js';
import { asGraph } from '../../../../harness/as-graph.js';
import { GraphBuilder } from '../../../../harness/graph-builder.js';
import { float, int, spec } from '../../../../harness/onnx.js';
import { integerBelow, oneOf } from '../../../../harness/random.js';
import { dynamicProduct, quantizedByRange } from './float-reference.js';
import { answerOf, byDynamicInt8, furthest } from './quantized-by-dynamic-int8.js';

const rounding = 1e-5;

/** x · w of a seed, with a bias behind (either side of the Add) or none; x may lie on one side of 0. */
function draw(seed: number) {
  const graph = new GraphBuilder(seed);
  const upTo = (most: number): number => 1 + integerBelow(graph.random, most);
  const [rows, k, n] = [upTo(6), upTo(90), upTo(70)];
  const numbers = (count: number, shift = 0.5): Float32Array => Float32Array.from({ length: count }, () => graph.random() - shift); // prettier-ignore
  const [w, bias] = [numbers(k * n), graph.random() < 0.6 ? numbers(n) : undefined];
  const x = numbers(rows * k, oneOf(graph.random, [0, 0.3, 0.5, 1]));
  const product = graph.add('MatMul', ['x', graph.constant([k, n], w)]);
  if (bias === undefined) graph.add('Identity', [product], [], 'y');
  else graph.add('Add', oneOf(graph.random, [[product, 'b'], ['b', product]]).map((name) => (name === 'b' ? graph.constant([n], bias) : name)), [], 'y'); // prettier-ignore
  const opset = oneOf(graph.random, [7, 9, 10, 13, 15]);
  const source = asGraph(graph.model([spec('x', 'FP32', [1, rows, k])], [spec('y', 'FP32', [1, rows, n])], opset));
  return { source, x, w, bias, rows, k, n };
}

describe('dynamic int8 of matrix products', () => {
  it('is what a plain reference of the same arithmetic gives, and as near to fp32 as the arithmetic implies', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const { source, x, w, bias, rows, k, n } = draw(seed);
      const { graph, answers, nodes } = await byDynamicInt8(source);
      expect([seed, answers, nodes]).toEqual([seed, [true], bias === undefined ? ['DynamicQuantizeMatMul', 'Identity'] : ['DynamicQuantizeMatMul']]); // prettier-ignore
      const y = await answerOf(graph, [1, rows, k], x);
      expect([seed, furthest(y, dynamicProduct(x, w, [k, n], bias)) < rounding]).toEqual([seed, true]);
      const stepOfX = quantizedByRange(x).scale;
      const stepOfW = Math.max(...int8PerChannel({ dims: [k, n], data: w }, 1).scales);
      // |x| and |w| are at most 1 and 1/2: x is off by up to a step (its zero point is rounded too), w by half a step
      const bound = k * (stepOfX * (0.5 + stepOfW / 2) + stepOfW / 2) + rounding;
      const exact = await answerOf(source, [1, rows, k], x);
      expect([seed, furthest(y, exact) <= bound, furthest(y, exact) > 0]).toEqual([seed, true, true]);
    }
  });

  it('answers zeros with the bias', async () => {
    const graph = new GraphBuilder(1);
    const bias = Float32Array.of(1, -2, 3);
    graph.add('Add', [graph.add('MatMul', ['x', graph.weights([4, 3])]), graph.constant([3], bias)], [], 'y');
    const { graph: made } = await byDynamicInt8(asGraph(graph.model([spec('x', 'FP32', [1, 4])], [spec('y', 'FP32', [1, 3])]))); // prettier-ignore
    expect(await answerOf(made, [1, 4], new Float32Array(4))).toEqual(bias);
  });

  it('takes Gemm with its bias, its weights either way round', async () => {
    for (const transB of [0, 1]) {
      const graph = new GraphBuilder(2 + transB);
      const shape = transB === 1 ? [5, 20] : [20, 5];
      graph.add('Gemm', ['x', graph.weights(shape, 20), graph.weights([5])], [int('transB', transB)], 'y');
      const source = asGraph(graph.model([spec('x', 'FP32', [2, 20])], [spec('y', 'FP32', [2, 5])], 9));
      const x = Float32Array.from({ length: 40 }, (_, at) => Math.sin(at));
      const { graph: made, nodes } = await byDynamicInt8(source);
      expect(nodes).toEqual(['DynamicQuantizeMatMul']);
      const error = furthest(await answerOf(made, [2, 20], x), await answerOf(source, [2, 20], x));
      expect([error > 0, error < 0.05]).toEqual([true, true]);
    }
  });

  it('does not take a Gemm of a transposed input or a factor on its bias', async () => {
    for (const [attribute, why] of [
      [int('transA', 1), /transposed/],
      [float('beta', 0.5), /beta/],
    ] as const) {
      // prettier-ignore
      const graph = new GraphBuilder(3);
      graph.add('Gemm', ['x', graph.weights([4, 4]), graph.weights([4])], [attribute], 'y');
      const source = asGraph(graph.model([spec('x', 'FP32', [4, 4])], [spec('y', 'FP32', [4, 4])]));
      expect((await byDynamicInt8(source)).answers).toEqual([expect.stringMatching(why)]);
    }
  });

  it('leaves an Add that others see around, and one that is no bias', async () => {
    const write = (behind: (graph: GraphBuilder, product: string) => void): GraphBuilder => {
      const graph = new GraphBuilder(4);
      behind(graph, graph.add('MatMul', ['x', graph.weights([4, 4])]));
      return graph;
    };
    const seen = write((graph, product) => graph.add('Mul', [graph.add('Add', [product, graph.weights([4])]), product], [], 'y')); // prettier-ignore
    const wide = write((graph, product) => graph.add('Add', [product, graph.weights([2, 4])], [], 'y'));
    const single = write((graph, product) => graph.add('Add', [product, graph.weights([1])], [], 'y'));
    const x = Float32Array.from({ length: 8 }, (_, at) => Math.sin(at));
    for (const graph of [seen, wide, single]) {
      const source = asGraph(graph.model([spec('x', 'FP32', [2, 4])], [spec('y', 'FP32', [2, 4])]));
      const { graph: made, nodes } = await byDynamicInt8(source);
      expect(nodes).toContain('Add');
      expect(furthest(await answerOf(made, [2, 4], x), await answerOf(source, [2, 4], x))).toBeLessThan(0.2);
    }
  });

  it('leaves weights that another operator takes as floats', async () => {
    const graph = new GraphBuilder(5);
    const w = graph.weights([4, 4]);
    graph.add('Add', [graph.add('MatMul', ['x', w]), w], [], 'y');
    const source = asGraph(graph.model([spec('x', 'FP32', [4, 4])], [spec('y', 'FP32', [4, 4])]));
    const x = Float32Array.from({ length: 16 }, (_, at) => Math.cos(at));
    const { graph: made } = await byDynamicInt8(source);
    expect(furthest(await answerOf(made, [4, 4], x), await answerOf(source, [4, 4], x))).toBeLessThan(0.1);
  });
});
