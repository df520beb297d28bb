import { describe, expect, it } from 'vitest';
import { asGraph } from '../../../../harness/as-graph.js';
import { GraphBuilder } from '../../../../harness/graph-builder.js';
import { int, spec, text } from '../../../../harness/onnx.js';
import { dynamicLstmOf, type LstmWeights } from './lstm-reference.js';
import { answerOf, byDynamicInt8, furthest } from './quantized-by-dynamic-int8.js';

/** One LSTM or GRU over [steps, 1, inputs]. */
function draw(operator: 'LSTM' | 'GRU', seed: number, directions: 1 | 2, { opset = 9, layout = 0 } = {}) {
  const graph = new GraphBuilder(seed);
  const [steps, inputs, hidden] = [7, 9, 6];
  const gates = (operator === 'LSTM' ? 4 : 3) * hidden;
  const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, () => graph.random() - 0.5);
  const [w, r, b] = [numbers(directions * gates * inputs), numbers(directions * gates * hidden), numbers(directions * gates * 2)]; // prettier-ignore
  // the directions differ in size: each has scales of its own
  if (directions === 2) for (let at = w.length / 2; at < w.length; at += 1) w[at] = w[at]! * 8;
  const attributes = [int('hidden_size', hidden), text('direction', directions === 2 ? 'bidirectional' : 'forward'), ...(layout === 0 ? [] : [int('layout', layout)])]; // prettier-ignore
  const constants = [graph.constant([directions, gates, inputs], w), graph.constant([directions, gates, hidden], r), graph.constant([directions, 2 * gates], b)]; // prettier-ignore
  graph.add(operator, ['x', ...constants], attributes, 'y');
  const shape = [steps, 1, inputs];
  const model = graph.model([spec('x', 'FP32', shape)], [spec('y', 'FP32', [-1, -1, -1, -1])], opset);
  const weights: LstmWeights = { w, r, b, inputs, hidden };
  return { source: asGraph(model), shape, x: numbers(steps * inputs), weights, steps, hidden };
}

describe('dynamic int8 of LSTMs', () => {
  it('is what a plain reference of the same arithmetic gives, in each direction', async () => {
    for (const directions of [1, 2] as const) {
      for (let seed = 1; seed <= 6; seed += 1) {
        const { source, shape, x, weights, steps, hidden } = draw('LSTM', seed, directions);
        const { graph, nodes } = await byDynamicInt8(source);
        expect(nodes).toEqual(['DynamicQuantizeLSTM']);
        const y = await answerOf(graph, shape, x);
        for (let direction = 0; direction < directions; direction += 1) {
          const own = y.filter((_, at) => Math.floor(at / hidden) % directions === direction);
          expect(own).toHaveLength(steps * hidden);
          // sigmoid and tanh are approximated, which a later rounding may show as a part of a step
          expect([seed, furthest(own, dynamicLstmOf(x, weights, direction)) < 1e-4]).toEqual([seed, true]);
        }
        const error = furthest(y, await answerOf(source, shape, x));
        expect([seed, error > 0, error < 0.03]).toEqual([seed, true, true]);
      }
    }
  });

  it('leaves what has no such kernel, and says why', async () => {
    const { answers } = await byDynamicInt8(draw('LSTM', 1, 1, { opset: 14, layout: 1 }).source);
    expect(answers).toEqual([expect.stringMatching(/layout/)]);
    const { answers: ofGru } = await byDynamicInt8(draw('GRU', 1, 1).source);
    expect(ofGru).toEqual([expect.stringMatching(/no integer GRU/)]);
  });
});
