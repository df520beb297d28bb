import type { Tensor } from '../protocol/tensor.js';

/** Inputs of a graph and what the graph as its author has it answers to them. */
export interface Golden {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}
