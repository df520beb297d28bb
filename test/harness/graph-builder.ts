import type { TensorSpec } from '../../shared/protocol/tensor.js';
import { floats, int64s, makeModel, node, type TestModel } from './onnx.js';
import { seededRandom } from './random.js';

type Attributes = NonNullable<Parameters<typeof node>[3]>;

/** A graph written node by node, with weights from a seed: the same seed, the same bytes. */
export class GraphBuilder {
  readonly random: () => number;
  readonly #nodes: ReturnType<typeof node>[] = [];
  readonly #initializers: ReturnType<typeof floats>[] = [];
  #names = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** Adds a node and answers the name of its output. */
  add(operator: string, inputs: string[], attributes: Attributes = [], output = this.#name(operator)): string {
    this.#nodes.push(node(operator, inputs, [output], attributes));
    return output;
  }

  /** Weights around zero whose sums over `fanIn` of them stay near 1. */
  weights(dims: number[], fanIn = 1): string {
    const scale = 2 * Math.sqrt(3 / fanIn);
    const count = dims.reduce((product, size) => product * size, 1);
    return this.constant(
      dims,
      Float32Array.from({ length: count }, () => (this.random() - 0.5) * scale),
    );
  }

  constant(dims: number[], values: Float32Array): string {
    const name = this.#name('w');
    this.#initializers.push(floats(name, dims, values));
    return name;
  }

  scalar(value: number): string {
    return this.constant([], Float32Array.of(value));
  }

  integers(dims: number[], values: number[]): string {
    const name = this.#name('i');
    this.#initializers.push(int64s(name, dims, values));
    return name;
  }

  /** y = x · w + b over the last axis. */
  linear(x: string, from: number, to: number): string {
    return this.add('Add', [this.add('MatMul', [x, this.weights([from, to], from)]), this.weights([to])]);
  }

  model(inputs: TensorSpec[], outputs: TensorSpec[], opset?: number): TestModel {
    return makeModel({ inputs, outputs }, this.#nodes, this.#initializers, opset);
  }

  #name(stem: string): string {
    return `${stem.toLowerCase()}_${(this.#names += 1)}`;
  }
}
