import { describe, expect, it } from 'vitest';
import { int8PerChannel } from '../../../../../scripts/quantize/arithmetic/quantize-weights.js';
import type { GraphBytes } from '../../../../../scripts/publish/throw-away-runner.js';
import { asGraph } from '../../../../harness/as-graph.js';
import { GraphBuilder } from '../../../../harness/graph-builder.js';
import { int, ints, spec, text } from '../../../../harness/onnx.js';
import { integerBelow, oneOf } from '../../../../harness/random.js';
import { attributeTypes } from '../../../../../scripts/quantize/onnx/onnx-messages.js';
import { type ConvShape, convSize, dynamicConvolution, quantizedByRange } from './float-reference.js';
import { answerOf, asMicrosoft, byDynamicInt8, furthest } from './quantized-by-dynamic-int8.js';

const rounding = 1e-5;

interface Drawn extends ConvShape {
  readonly source: GraphBytes;
  readonly x: Float32Array;
  readonly w: Float32Array;
  readonly bias: Float32Array | undefined;
  readonly shape: readonly number[];
}

type ConvOptions = Partial<ConvShape> & {
  readonly activation?: readonly [string, readonly number[]];
  readonly addsInput?: boolean;
};

/** A convolution of a seed; with an activation it is a FusedConv. */
function draw(seed: number, opset: number, fixed: ConvOptions = {}): Drawn {
  const graph = new GraphBuilder(seed);
  const one = <T>(items: readonly T[]): T => oneOf(graph.random, items);
  const group = fixed.group ?? one([1, 1, 2, 4]);
  const image =
    fixed.image ?? ([4 * one([1, 2]), 9 + integerBelow(graph.random, 5), 9 + integerBelow(graph.random, 5)] as const);
  const kernel = one([[1, 1], [3, 3], [2, 3], [1, 5]] as const); // prettier-ignore
  const conv: ConvShape & ConvOptions = { image, kernel, out: 4 * one([1, 3]), stride: one([1, 2]), pad: one([0, 1, 2]), dilation: 1, ...fixed, group }; // prettier-ignore
  const numbers = (count: number, shift = 0.5): Float32Array => Float32Array.from({ length: count }, () => graph.random() - shift); // prettier-ignore
  const dims = [conv.out, image[0] / group, ...conv.kernel];
  const w = numbers(dims.reduce((a, b) => a * b, 1));
  const bias = graph.random() < 0.6 ? numbers(conv.out) : undefined;
  const attributes = [
    ints('strides', [conv.stride, conv.stride]), ints('pads', [1, 2, 3, 4].map(() => conv.pad)), int('group', group),
    ints('dilations', [conv.dilation, conv.dilation]), ints('kernel_shape', [...conv.kernel]),
  ]; // prettier-ignore
  const inputs = ['x', graph.constant(dims, w), ...(bias === undefined ? [] : [graph.constant([conv.out], bias)])];
  if (conv.addsInput === true) inputs.push(...(bias === undefined ? [''] : []), graph.constant([1, conv.out, ...convSize(conv)], new Float32Array(conv.out * convSize(conv)[0] * convSize(conv)[1]).fill(0.25))); // prettier-ignore
  const { activation } = fixed;
  if (activation === undefined) graph.add('Conv', inputs, attributes, 'y');
  else graph.add('FusedConv', inputs, [...attributes, text('activation', activation[0])], 'y'); // prettier-ignore
  const shape = [1, ...image];
  const model = asGraph(graph.model([spec('x', 'FP32', shape)], [spec('y', 'FP32', [-1, -1, -1, -1])], opset));
  const x = numbers(image[0] * image[1] * image[2], one([0, 0.3, 0.5, 1]));
  return {
    ...conv,
    source:
      activation === undefined
        ? model
        : asMicrosoft(model, 'FusedConv', [
            { name: 'activation_params', type: attributeTypes.floats, floats: [...activation[1]] },
          ]),
    x,
    w,
    bias,
    shape,
  };
}

/** |x| at most 1, |w| at most 1/2: how far each of so many products may be off. */
function boundOf({ x, w, out, image: [channels], kernel, group }: Drawn): number {
  const stepOfX = quantizedByRange(x).scale;
  const stepOfW = Math.max(...int8PerChannel({ dims: [out, w.length / out], data: w }, 0).scales);
  const products = (channels / group) * kernel[0] * kernel[1];
  return products * (stepOfX * (0.5 + stepOfW / 2) + stepOfW / 2) + rounding;
}

describe('dynamic int8 of convolutions', () => {
  it('is what a plain reference of the same arithmetic gives, and as near to fp32 as the arithmetic implies', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const one = draw(seed, seed % 2 === 0 ? 11 : 15, { dilation: seed % 3 === 0 ? 2 : 1 });
      const { graph, answers, nodes } = await byDynamicInt8(one.source);
      expect([seed, answers, nodes.includes('ConvInteger')]).toEqual([seed, [true], true]);
      const y = await answerOf(graph, one.shape, one.x);
      expect([seed, furthest(y, dynamicConvolution(one.x, one.w, one, one.bias)) < rounding]).toEqual([seed, true]);
      const error = furthest(y, await answerOf(one.source, one.shape, one.x));
      expect([seed, error <= boundOf(one), error > 0]).toEqual([seed, true, true]);
    }
  });

  it('takes depthwise ones', async () => {
    const one = draw(1, 13, { group: 4, image: [4, 8, 8], out: 4, kernel: [3, 3] });
    const { graph } = await byDynamicInt8(one.source);
    const y = await answerOf(graph, one.shape, one.x);
    expect(furthest(y, dynamicConvolution(one.x, one.w, one, one.bias))).toBeLessThan(rounding);
  });

  it('takes those of one axis', async () => {
    const graph = new GraphBuilder(6);
    graph.add('Conv', ['x', graph.weights([6, 3, 5], 15), graph.weights([6])], [ints('strides', [2])], 'y');
    const source = asGraph(graph.model([spec('x', 'FP32', [2, 3, 20])], [spec('y', 'FP32', [2, 6, 8])]));
    const x = Float32Array.from({ length: 120 }, (_, at) => Math.sin(at));
    const { graph: made, answers } = await byDynamicInt8(source);
    const error = furthest(await answerOf(made, [2, 3, 20], x), await answerOf(source, [2, 3, 20], x));
    expect([answers, error > 0, error < 0.05]).toEqual([[true], true, true]);
  });

  it('of one pixel are matrix products where the opset has no ConvInteger', async () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const one = draw(
        seed,
        oneOf(() => (seed % 3) / 3, [7, 9, 10]),
        { kernel: [1, 1], stride: 1, pad: 0, group: 1 },
      );
      const { graph, nodes } = await byDynamicInt8(one.source);
      expect([seed, nodes]).toEqual([seed, ['Transpose', 'DynamicQuantizeMatMul', 'Transpose']]);
      const y = await answerOf(graph, one.shape, one.x);
      expect([seed, furthest(y, dynamicConvolution(one.x, one.w, one, one.bias)) < rounding]).toEqual([seed, true]);
    }
  });

  it.each([{ kernel: [3, 3] as const }, { stride: 2 }, { pad: 1 }, { group: 2 }])(
    'with %o stay as they are below opset 11, and it says so',
    async (other) => {
      const bare = { kernel: [1, 1] as const, stride: 1, pad: 0, group: 1, ...other };
      const { answers } = await byDynamicInt8(draw(1, 9, bare).source);
      expect(answers).toEqual([expect.stringMatching(/needs opset 11, the model has 9/)]);
    },
  );

  const activations: [string, number[], (x: number) => number][] = [
    ['Relu', [], (x) => Math.max(0, x)],
    ['Clip', [-0.2, 0.7], (x) => Math.max(-0.2, Math.min(0.7, x))],
    ['Sigmoid', [], (x) => 1 / (1 + Math.exp(-x))],
    ['Tanh', [], Math.tanh],
    ['LeakyRelu', [0.3], (x) => (x < 0 ? 0.3 * x : x)],
    ['HardSigmoid', [0.3, 0.4], (x) => Math.max(0, Math.min(1, 0.3 * x + 0.4))],
  ];
  it.each(activations)('of a FusedConv end with its %s, at any opset', async (name, parameters, activation) => {
    for (const [opset, addsInput] of [
      [9, false],
      [9, true],
      [11, false],
      [15, true],
    ] as const) {
      // prettier-ignore
      const kind = { group: 1, ...(opset === 9 ? { kernel: [1, 1] as const, stride: 1, pad: 0 } : {}) };
      const one = draw(7 + opset, opset, { ...kind, addsInput, activation: [name, parameters] });
      const { graph, answers, nodes } = await byDynamicInt8(one.source);
      expect([answers, nodes.at(-1)]).toEqual([[true], name]);
      const y = await answerOf(graph, one.shape, one.x);
      const linear = dynamicConvolution(one.x, one.w, one, one.bias).map((value) => value + (addsInput ? 0.25 : 0));
      expect([opset, furthest(y, linear.map(activation)) < rounding]).toEqual([opset, true]);
      expect(furthest(y, await answerOf(one.source, one.shape, one.x))).toBeLessThan(boundOf(one));
    }
  });

  it('of a FusedConv with another activation stay, and it says which', async () => {
    const { source } = draw(1, 15, { activation: ['Softplus', []] });
    expect((await byDynamicInt8(source)).answers).toEqual([expect.stringMatching(/Softplus/)]);
  });
});
