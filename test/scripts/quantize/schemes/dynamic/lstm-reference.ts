import { transposed } from '../../../../../scripts/quantize/graph/lift-constants.js';
import { dynamicProduct } from './float-reference.js';

export interface LstmWeights {
  /** [directions, 4 · hidden, in], gates in the order i, o, f, c. */
  readonly w: Float32Array;
  readonly r: Float32Array;
  /** [directions, 8 · hidden]: of w, then of r. */
  readonly b: Float32Array;
  readonly inputs: number;
  readonly hidden: number;
}

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** One direction of an LSTM whose products are of 8 bits: x [steps, in] → [steps, hidden] of a batch of one. */
export function dynamicLstmOf(x: Float32Array, weights: LstmWeights, direction: number): Float64Array {
  const { inputs, hidden, b } = weights;
  const [gates, steps] = [4 * hidden, x.length / inputs];
  const matrix = (data: Float32Array, k: number): Float32Array =>
    transposed({ dims: [gates, k], data: data.slice(direction * gates * k, (direction + 1) * gates * k) }, [1, 0]).data;
  const isBack = direction === 1;
  const wide = dynamicProduct(x, matrix(weights.w, inputs), [inputs, gates]);
  const recurrent = matrix(weights.r, hidden);
  let [h, c] = [new Float64Array(hidden), new Float64Array(hidden)];
  const y = new Float64Array(steps * hidden);
  for (let turn = 0; turn < steps; turn += 1) {
    const step = isBack ? steps - 1 - turn : turn;
    const back = dynamicProduct(Float32Array.from(h), recurrent, [hidden, gates]);
    const sum = (gate: number, unit: number): number => {
      const at = gate * hidden + unit;
      return wide[step * gates + at]! + back[at]! + b[direction * 2 * gates + at]! + b[direction * 2 * gates + gates + at]!; // prettier-ignore
    };
    c = c.map((was, unit) => sigmoid(sum(2, unit)) * was + sigmoid(sum(0, unit)) * Math.tanh(sum(3, unit)));
    h = c.map((now, unit) => sigmoid(sum(1, unit)) * Math.tanh(now));
    y.set(h, step * hidden);
  }
  return y;
}
