import type { TensorSpec } from '../../shared/protocol/tensor.js';
import { GraphBuilder } from './graph-builder.js';
import { int, ints, spec, type TestModel } from './onnx.js';
import { integerBelow, oneOf } from './random.js';

const activations = ['Relu', 'Tanh', 'Sigmoid', 'LeakyRelu', 'Softplus', 'Elu', 'HardSigmoid', 'Abs'] as const;

interface Drawn {
  readonly inputs: TensorSpec[];
  readonly outputs: TensorSpec[];
}

const activated = (graph: GraphBuilder, x: string): string => graph.add(oneOf(graph.random, activations), [x]);
const between = (graph: GraphBuilder, least: number, most: number): number =>
  least + integerBelow(graph.random, most - least + 1);

/** Layers over the last axis of [n, k] or [n, t, k], some with a way around them. */
function feedForward(graph: GraphBuilder): Drawn {
  const open = oneOf(graph.random, [[-1], [-1, -1]]);
  const first = between(graph, 2, 12);
  let [x, size] = ['x', first];
  for (let layer = between(graph, 1, 3); layer > 0; layer -= 1) {
    const next = graph.random() < 0.4 ? size : between(graph, 2, 24);
    const y = activated(graph, graph.linear(x, size, next));
    x = next === size ? graph.add('Add', [x, y]) : y;
    size = next;
  }
  graph.add('Identity', [graph.linear(x, size, 3)], [], 'y');
  return { inputs: [spec('x', 'FP32', [...open, first])], outputs: [spec('y', 'FP32', [...open, 3])] };
}

/** Convolutions over images of a fixed or of any size, then one number for each channel. */
function convolutional(graph: GraphBuilder): Drawn {
  const first = between(graph, 1, 3);
  let [x, channels] = ['x', first];
  for (let layer = between(graph, 1, 3); layer > 0; layer -= 1) {
    const next = between(graph, 2, 8);
    const attributes = [ints('kernel_shape', [3, 3]), ints('pads', [1, 1, 1, 1]), ints('strides', oneOf(graph.random, [[1, 1], [2, 2]]))]; // prettier-ignore
    const weights = [graph.weights([next, channels, 3, 3], channels * 9), graph.weights([next])];
    x = activated(graph, graph.add('Conv', [x, ...weights], attributes));
    channels = next;
  }
  const pool = oneOf(graph.random, ['GlobalAveragePool', 'GlobalMaxPool']);
  graph.add('Flatten', [graph.add(pool, [x])], [int('axis', 1)], 'y');
  const [height, width] = oneOf(graph.random, [[-1, -1] as const, [12, 9] as const]);
  return {
    inputs: [spec('x', 'FP32', [-1, first, height, width])],
    outputs: [spec('y', 'FP32', [-1, channels])],
  };
}

/** Two inputs, one of which is spread over the rows of the other; two outputs. */
function elementwise(graph: GraphBuilder): Drawn {
  const size = between(graph, 1, 10);
  const joined = graph.add(oneOf(graph.random, ['Add', 'Mul', 'Sub', 'Max', 'Min']), ['x', 'z']);
  const weighed = graph.add('Mul', [joined, graph.weights([size])]);
  graph.add('Add', [activated(graph, weighed), graph.weights([size])], [], 'y');
  graph.add('Greater', [weighed, graph.scalar(0.1)], [], 'above');
  const shape = [-1, -1, size];
  return {
    inputs: [spec('x', 'FP32', shape), spec('z', 'FP32', [1, 1, size])],
    outputs: [spec('y', 'FP32', shape), spec('above', 'BOOL', shape)],
  };
}

/** [n, t, k], or its transpose, reduced along an axis that is open or is not. */
function reducing(graph: GraphBuilder): Drawn {
  const size = between(graph, 2, 9);
  const scaled = graph.add('Mul', ['x', graph.weights([size])]);
  const reduce = oneOf(graph.random, ['ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL2', 'ReduceLogSumExp']);
  const axis = oneOf(graph.random, [1, 2]);
  const reduced = graph.add(reduce, [scaled], [ints('axes', [axis]), int('keepdims', 0)]);
  activatedInto(graph, reduced);
  return {
    inputs: [spec('x', 'FP32', [-1, -1, size])],
    outputs: [spec('y', 'FP32', [-1, axis === 1 ? size : -1])],
  };
}

const activatedInto = (graph: GraphBuilder, x: string): string =>
  graph.add('Identity', [activated(graph, graph.add('Add', [x, graph.scalar(0.3)]))], [], 'y');

const kinds = [feedForward, convolutional, elementwise, reducing] as const;

/** A small graph of the kind whose turn it is, all else by chance: the same seed, the same bytes. */
export function randomGraph(seed: number): TestModel {
  const graph = new GraphBuilder(seed);
  const { inputs, outputs } = kinds[seed % kinds.length]!(graph);
  return graph.model(inputs, outputs);
}
