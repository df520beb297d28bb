import { describe, expect, it } from 'vitest';
import { activationScale } from '../../../../scripts/quantize/arithmetic/activation-scale.js';
import { int8PerChannel } from '../../../../scripts/quantize/arithmetic/quantize-weights.js';
import type { ValueRange } from '../../../../scripts/quantize/calibrate/value-ranges.js';
import { EditableModel } from '../../../../scripts/quantize/graph/editable-model.js';
import { findOperators } from '../../../../scripts/quantize/operators/find-operators.js';
import { quantizeGraph } from '../../../../scripts/quantize/quantize-graph.js';
import { schemes } from '../../../../scripts/quantize/schemes/all-schemes.js';
import type { SchemeName } from '../../../../scripts/quantize/schemes/scheme.js';
import type { GraphBytes } from '../../../../scripts/publish/throw-away-runner.js';
import { passGate } from '../../../../scripts/publish/pass-gate.js';
import { asGraph } from '../../../harness/as-graph.js';
import { GraphBuilder } from '../../../harness/graph-builder.js';
import { int, ints, spec } from '../../../harness/onnx.js';
import { integerBelow, oneOf } from '../../../harness/random.js';
import { runInWasm } from '../../../harness/run-in-wasm.js';

type Quantizing = Exclude<SchemeName, 'fp32'>;
const all = Object.keys(schemes) as Quantizing[];

/** Every operator by one scheme, with ranges from one run of the values themselves. */
async function quantized(source: GraphBytes, scheme: Quantizing, ranges: ReadonlyMap<string, ValueRange> = new Map()) {
  const ids = findOperators(await EditableModel.open(source)).map(({ id }) => id);
  const made = await quantizeGraph(source, new Map(ids.map((id) => [id, scheme])), {
    ranges,
    schemes,
    weightsFile: null,
  });
  passGate('main', made.graph);
  return made;
}
const rangeOf = (data: Float32Array): ValueRange => ({ min: Math.min(0, ...data), max: Math.max(0, ...data) });
const worst = (one: Float32Array, other: Float32Array): number =>
  Math.max(...Array.from(one, (value, at) => Math.abs(value - other[at]!)));
const ramp = (count: number): Float32Array => Float32Array.from({ length: count }, (_, at) => Math.sin(at * 0.37));

interface Drawn {
  readonly source: GraphBytes;
  readonly shape: readonly number[];
  readonly weights: { readonly dims: readonly number[]; readonly data: Float32Array; readonly axis: number };
  /** Products that are summed into one output. */
  readonly fanIn: number;
}

/** A matrix product over the last axis, with a bias behind or none. */
function drawMatMul(seed: number, opset: number): Drawn {
  const graph = new GraphBuilder(seed);
  const [k, n] = [32 + integerBelow(graph.random, 90), 1 + integerBelow(graph.random, 40)];
  const data = Float32Array.from({ length: k * n }, () => graph.random() - 0.5);
  const product = graph.add('MatMul', ['x', graph.constant([k, n], data)]);
  const last = graph.random() < 0.5 ? product : graph.add('Add', [product, graph.weights([n])]);
  graph.add('Identity', [last], [], 'y');
  const shape = [2, 3, k];
  const model = graph.model([spec('x', 'FP32', shape)], [spec('y', 'FP32', [2, 3, n])], opset);
  return { source: asGraph(model), shape, weights: { dims: [k, n], data, axis: 1 }, fanIn: k };
}

/** A convolution with any strides, pads and groups, depthwise too. */
function drawConv(seed: number, opset: number): Drawn {
  const graph = new GraphBuilder(seed);
  const group = oneOf(graph.random, [1, 2, 4]);
  const [size, stride, pad] = [oneOf(graph.random, [1, 3]), oneOf(graph.random, [1, 2]), oneOf(graph.random, [0, 1])];
  const dims = [8, 4 / group, size, size];
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => graph.random() - 0.5);
  const attributes = [ints('strides', [stride, stride]), ints('pads', [pad, pad, pad, pad]), int('group', group)];
  const bias = graph.random() < 0.7 ? [graph.weights([8])] : [];
  const y = graph.add('Conv', ['x', graph.constant(dims, data), ...bias], attributes);
  graph.add(oneOf(graph.random, ['Relu', 'Identity']), [y], [], 'y');
  const shape = [1, 4, 9, 9];
  const model = graph.model([spec('x', 'FP32', shape)], [spec('y', 'FP32', [-1, -1, -1, -1])], opset);
  return { source: asGraph(model), shape, weights: { dims, data, axis: 0 }, fanIn: (4 / group) * size * size };
}

/** How far an answer may be: every product off by the steps of its two factors, and the result by its own. */
function boundOf({ weights, fanIn }: Drawn, scheme: Quantizing, x: ValueRange, y: ValueRange): number {
  const steps = int8PerChannel(weights, weights.axis).scales;
  const largestWeight = Math.max(...weights.data.map(Math.abs));
  const weightError = scheme === 'fp16-weights' ? largestWeight / 1024 : scheme === 'int4-weights' ? largestWeight / 7 : Math.max(...steps) / 2; // prettier-ignore
  const xStep = scheme === 'dynamic-int8' || scheme === 'static-int8' ? activationScale(x).scale : 0;
  const yStep = scheme === 'static-int8' ? activationScale(y).scale : 0;
  const largestX = Math.max(-x.min, x.max);
  return fanIn * (weightError * largestX + xStep * (largestWeight + weightError)) + 1.5 * yStep + 1e-4;
}

describe.each(all)('%s', (scheme) => {
  const drawn: [string, (seed: number, opset: number) => Drawn][] = [['MatMul', drawMatMul], ['Conv', drawConv]]; // prettier-ignore
  it.each(drawn)('keeps %s within what its arithmetic implies, at any opset', async (kind, draw) => {
    let [taken, moved] = [0, 0];
    for (let seed = 1; seed <= 12; seed += 1) {
      for (const opset of [9, 15]) {
        const one = draw(seed, opset);
        const x = { x: { shape: one.shape, data: ramp(one.shape.reduce((a, b) => a * b, 1)) } };
        const { y: expected = new Float32Array() } = await runInWasm(one.source, x);
        const [xRange, yRange] = [rangeOf(x.x.data), rangeOf(expected)];
        const values = findOperators(await EditableModel.open(one.source)).map(({ id }) => [id, yRange] as const);
        const { graph, operators } = await quantized(one.source, scheme, new Map([['x', xRange], ['y', yRange], ...values])); // prettier-ignore
        if (operators[0]?.scheme === 'fp32') continue;
        taken += 1;
        const { y = new Float32Array() } = await runInWasm(graph, x);
        const error = worst(expected, y);
        expect([seed, opset, error <= boundOf(one, scheme, xRange, yRange)]).toEqual([seed, opset, true]);
        if (error > 0) moved += 1;
      }
    }
    expect(moved).toBeGreaterThanOrEqual(taken / 2); // a channel of one weight is exact in 8 bits
    const isTaken = kind === 'MatMul' || scheme !== 'int4-weights';
    expect(taken).toBe(!isTaken ? 0 : kind === 'Conv' && scheme === 'dynamic-int8' ? 12 : 24);
  });

  it('leaves the model as it was where it does not take an operator, and says why', async () => {
    const graph = new GraphBuilder(1);
    const tokens = graph.add('Cast', ['x'], [int('to', 7)]);
    graph.add('Gather', [graph.weights([12, 8]), tokens], [], 'y');
    const source = asGraph(graph.model([spec('x', 'FP32', [5])], [spec('y', 'FP32', [5, 8])]));
    const x = { x: { shape: [5], data: Float32Array.of(0, 3, 11, 3, 7) } };
    const { graph: made, operators } = await quantized(source, scheme);
    const [{ y: expected = new Float32Array() }, { y = new Float32Array() }] = [await runInWasm(source, x), await runInWasm(made, x)]; // prettier-ignore
    const isTaken = scheme === 'int8-weights' || scheme === 'fp16-weights';
    expect([operators[0]?.scheme, operators[0]?.why === null]).toEqual([isTaken ? scheme : 'fp32', isTaken]);
    const error = worst(expected, y);
    expect(isTaken ? error > 0 && error < 0.02 : error === 0).toBe(true);
  });
});

describe('schemes of Gemm', () => {
  it.each(all)('take its transposed weights and its bias: %s', async (scheme) => {
    const graph = new GraphBuilder(5);
    graph.add('Gemm', ['x', graph.weights([10, 64], 64), graph.weights([10])], [int('transB', 1)], 'y');
    const source = asGraph(graph.model([spec('x', 'FP32', [3, 64])], [spec('y', 'FP32', [3, 10])]));
    const x = { x: { shape: [3, 64], data: ramp(192) } };
    const { graph: made, operators } = await quantized(source, scheme, new Map([['x', { min: -1, max: 1 }]]));
    expect(operators.map((operator) => operator.scheme)).toEqual([scheme]);
    const [{ y: expected = new Float32Array() }, { y = new Float32Array() }] = [await runInWasm(source, x), await runInWasm(made, x)]; // prettier-ignore
    expect(worst(expected, y)).toBeLessThan(scheme === 'int4-weights' ? 0.5 : 0.05);
  });
});

describe('static-int8', () => {
  /** Two convolutions with a Relu between and one behind, their ranges known. */
  async function chain(write: (graph: GraphBuilder, y: string) => string) {
    const graph = new GraphBuilder(3);
    const conv = (x: string): string => graph.add('Conv', [x, graph.weights([4, 4, 3, 3], 36), graph.weights([4])]);
    const inner = graph.add('Relu', [conv('x')], [], 'inner');
    write(graph, conv(inner));
    const shape = [1, 4, 9, 9];
    const outputs = [spec('inner', 'FP32', [1, 4, 7, 7]), spec('y', 'FP32', [1, 4, 5, 5])];
    const traced = asGraph(graph.model([spec('x', 'FP32', shape)], outputs));
    const source = asGraph(graph.model([spec('x', 'FP32', shape)], outputs.slice(1)));
    const x = { x: { shape, data: ramp(324) } };
    const { inner: between = new Float32Array(), y: expected = new Float32Array() } = await runInWasm(traced, x);
    const ranges = new Map([['x', rangeOf(x.x.data)], ['inner', rangeOf(between)], ['y', rangeOf(expected)]]); // prettier-ignore
    const { graph: made } = await quantized(source, 'static-int8', ranges);
    const operators = (await EditableModel.open(made)).main.nodes.map(({ opType }) => opType);
    return { operators, error: worst(expected, (await runInWasm(made, x))['y']!), step: activationScale(rangeOf(expected)).scale }; // prettier-ignore
  }

  it('folds what follows a convolution into its range, and one feeds the next in 8 bits', async () => {
    const { operators, error, step } = await chain((graph, y) => graph.add('Relu', [y], [], 'y'));
    expect(operators).toEqual(['QuantizeLinear', 'QLinearConv', 'QLinearConv', 'DequantizeLinear']);
    expect(error).toBeLessThan(6 * step);
  });

  it('folds a Clip between whose bounds 0 is, and no other', async () => {
    const clip = (min: number, max: number) => (graph: GraphBuilder, y: string) =>
      graph.add('Clip', [y, graph.scalar(min), graph.scalar(max)], [], 'y');
    const folded = await chain(clip(0, 0.3));
    expect([folded.operators.includes('Clip'), folded.error < 6 * folded.step]).toEqual([false, true]);
    const graph = new GraphBuilder(3);
    const y = graph.add('Conv', ['x', graph.weights([2, 2, 1, 1], 2)]);
    clip(0.1, 0.3)(graph, y);
    const source = asGraph(graph.model([spec('x', 'FP32', [1, 2, 4, 4])], [spec('y', 'FP32', [1, 2, 4, 4])]));
    const ranges = new Map([['x', { min: -1, max: 1 }], [y, { min: -1, max: 1 }], ['y', { min: 0, max: 0.3 }]]); // prettier-ignore
    const { graph: made } = await quantized(source, 'static-int8', ranges);
    expect((await EditableModel.open(made)).main.nodes.map(({ opType }) => opType)).toContain('Clip');
  });

  it('takes nothing whose range was not calibrated', async () => {
    const { source } = drawConv(1, 15);
    const { operators } = await quantized(source, 'static-int8');
    expect(operators[0]?.why).toMatch(/the range of "x" was not calibrated/);
  });
});
