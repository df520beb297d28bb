import { GraphBuilder } from './graph-builder.js';
import { float, int, ints, spec, type TestModel } from './onnx.js';

/** An image classifier: images [n, 3, 32, 32] → probabilities [n, 10]. */
export function imageClassifier(seed: number): TestModel {
  const graph = new GraphBuilder(seed);
  let x = 'image';
  for (const [from, to] of [
    [3, 16],
    [16, 32],
    [32, 32],
  ] as const) {
    const weights = [graph.weights([to, from, 3, 3], from * 9), graph.weights([to])];
    const attributes = [ints('kernel_shape', [3, 3]), ints('strides', [2, 2]), ints('pads', [1, 1, 1, 1])];
    x = graph.add('Relu', [graph.add('Conv', [x, ...weights], attributes)]);
  }
  const pooled = graph.add('Flatten', [graph.add('GlobalAveragePool', [x])], [int('axis', 1)]);
  const scores = graph.add('Gemm', [pooled, graph.weights([10, 32], 4), graph.weights([10])], [int('transB', 1)]);
  graph.add('Softmax', [scores], [int('axis', 1)], 'probabilities');
  return graph.model([spec('image', 'FP32', [-1, 3, 32, 32])], [spec('probabilities', 'FP32', [-1, 10])]);
}

export const encoderVocabulary = 50;
export const encoderLengthMax = 64;
const width = 32;
const heads = 4;

/** A transformer encoder as exporters write one: tokens [n, length] → one vector for each text, [n, 32]. */
export function transformerEncoder(seed: number): TestModel {
  const graph = new GraphBuilder(seed);
  const words = graph.add('Gather', [graph.weights([encoderVocabulary, width]), 'tokens']);
  const length = graph.add('Gather', [graph.add('Shape', ['tokens']), graph.integers([], [1])]);
  const places = graph.add('Range', [graph.integers([], [0]), length, graph.integers([], [1])]);
  const positions = graph.add('Gather', [graph.weights([encoderLengthMax, width]), places]);
  let x = graph.add('Add', [words, positions]);
  for (let layer = 0; layer < 2; layer += 1) {
    x = graph.add('Add', [x, attention(graph, normalised(graph, x))]);
    x = graph.add('Add', [x, feedForward(graph, normalised(graph, x))]);
  }
  graph.add('ReduceMean', [normalised(graph, x)], [ints('axes', [1]), int('keepdims', 0)], 'embedding');
  return graph.model([spec('tokens', 'INT64', [-1, -1])], [spec('embedding', 'FP32', [-1, width])], 17);
}

function normalised(graph: GraphBuilder, x: string): string {
  const inputs = [x, graph.weights([width]), graph.weights([width])];
  return graph.add('LayerNormalization', inputs, [int('axis', -1), float('epsilon', 1e-5)]);
}

function attention(graph: GraphBuilder, x: string): string {
  const perHead = (perm: number[]): string => {
    const split = graph.integers([4], [0, 0, heads, width / heads]);
    return graph.add('Transpose', [graph.add('Reshape', [graph.linear(x, width, width), split])], [ints('perm', perm)]);
  };
  const scores = graph.add('MatMul', [perHead([0, 2, 1, 3]), perHead([0, 2, 3, 1])]);
  const scaled = graph.add('Div', [scores, graph.scalar(Math.sqrt(width / heads))]);
  const attended = graph.add('MatMul', [graph.add('Softmax', [scaled], [int('axis', -1)]), perHead([0, 2, 1, 3])]);
  const merged = graph.add('Transpose', [attended], [ints('perm', [0, 2, 1, 3])]);
  const whole = graph.add('Reshape', [merged, graph.integers([3], [0, 0, width])]);
  return graph.linear(whole, width, width);
}

/** With GELU spelled out, as before opset 20: x · (1 + erf(x / √2)) / 2. */
function feedForward(graph: GraphBuilder, x: string): string {
  const inner = graph.linear(x, width, 2 * width);
  const erf = graph.add('Erf', [graph.add('Div', [inner, graph.scalar(Math.SQRT2)])]);
  const gated = graph.add('Mul', [inner, graph.add('Add', [erf, graph.scalar(1)])]);
  return graph.linear(graph.add('Mul', [gated, graph.scalar(0.5)]), 2 * width, width);
}

/** Two inputs: points [n, k, 8] of which a mask [n, k] says which count → [n, 4], whatever stands where none counts. */
export function maskedPool(seed: number): TestModel {
  const graph = new GraphBuilder(seed);
  const hidden = graph.add('Tanh', [graph.linear('points', 8, 16)]);
  const counts = graph.add('Unsqueeze', [graph.add('Cast', ['mask'], [int('to', 1)]), graph.integers([1], [2])]);
  const [axis, keep] = [graph.integers([1], [1]), int('keepdims', 0)];
  const sum = graph.add('ReduceSum', [graph.add('Mul', [hidden, counts]), axis], [keep]);
  const count = graph.add('Max', [graph.add('ReduceSum', [counts, axis], [keep]), graph.scalar(1)]);
  graph.add('Identity', [graph.linear(graph.add('Div', [sum, count]), 16, 4)], [], 'pooled');
  const inputs = [spec('points', 'FP32', [-1, -1, 8]), spec('mask', 'BOOL', [-1, -1])];
  return graph.model(inputs, [spec('pooled', 'FP32', [-1, 4])]);
}
