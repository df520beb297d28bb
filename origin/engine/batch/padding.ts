import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Padding } from '../../../shared/manifest/manifest.js';
import type { TensorData } from '../../../shared/protocol/datatype.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { filled } from './fill-value.js';
import { isText } from './text-data.js';

/** The most elements that one input may have when it has been padded. */
export const paddedElementsMax = 2 ** 27;

/** How far one axis of an output is to be cut. */
export interface Cut {
  readonly output: string;
  readonly axis: number;
  readonly size: number;
}

export interface PaddedInputs {
  /** Their bucket is that of the padded shapes. */
  readonly inputs: readonly Tensor[];
  /** None when nothing had to be padded: the outputs are then what they would have been without. */
  readonly cuts: readonly Cut[];
}

/** Fills ragged axes of one item's inputs to the declared multiples. Throws `tensor-too-large`. */
export function padInputs(inputs: readonly Tensor[], paddings: readonly Padding[]): PaddedInputs {
  const padded = [...inputs];
  const cuts = new Map<string, Cut>();
  for (const padding of paddings) {
    const at = padded.findIndex(({ name }) => name === padding.input);
    const input = padded[at];
    const size = input?.shape[padding.axis];
    if (input === undefined || size === undefined) continue;
    const toSize = Math.ceil(size / padding.multipleOf) * padding.multipleOf;
    if (toSize === size) continue;
    padded[at] = padAxis(input, padding, toSize);
    for (const [output, { axis, scale }] of Object.entries(padding.outputs)) {
      const key = JSON.stringify([output, axis]);
      const cut = { output, axis, size: scaledSize(size, scale) };
      if (cut.size > (cuts.get(key)?.size ?? -1)) cuts.set(key, cut);
    }
  }
  return { inputs: padded, cuts: [...cuts.values()] };
}

/** Cuts what the padding has added from one item's outputs. */
export function cutOutputs(outputs: readonly Tensor[], cuts: readonly Cut[]): readonly Tensor[] {
  if (cuts.length === 0) return outputs;
  return outputs.map((output) =>
    cuts.filter((cut) => cut.output === output.name).reduce((tensor, cut) => cutAxis(tensor, cut), output),
  );
}

/** `ceil(size × scale)`, where a product that is a whole number but for rounding is that number. */
function scaledSize(size: number, scale: number): number {
  return Math.ceil(size * scale * (1 - 1e-12));
}

function padAxis(tensor: Tensor, { axis, value }: Padding, toSize: number): Tensor {
  const { outer, size, inner } = around(tensor, axis);
  const elements = outer * toSize * inner;
  if (elements > paddedElementsMax) {
    throw new BrinkError(
      'tensor-too-large',
      `expected input ${tensor.name} to have at most ${paddedElementsMax} elements when padded, got ${elements}`,
    );
  }
  const data = filled(tensor.datatype, elements, value);
  const source = tensor.data;
  for (let row = 0; row < outer; row++) {
    copyInto(data, row * toSize * inner, source, row * size * inner, size * inner);
  }
  return { ...tensor, shape: tensor.shape.with(axis, toSize), data };
}

function cutAxis(tensor: Tensor, { axis, size: toSize }: Cut): Tensor {
  const { outer, size, inner } = around(tensor, axis);
  if (axis >= tensor.shape.length || size <= toSize) return tensor;
  const shape = tensor.shape.with(axis, toSize);
  const chunk = toSize * inner;
  const source = tensor.data;
  if (isText(source)) {
    const rows = Array.from({ length: outer }, (_, row) =>
      source.slice(row * size * inner, row * size * inner + chunk),
    );
    return { ...tensor, shape, data: rows.flat() };
  }
  if (outer === 1) return { ...tensor, shape, data: source.subarray(0, chunk) };
  const data = filled(tensor.datatype, outer * chunk, 0);
  for (let row = 0; row < outer; row++) copyInto(data, row * chunk, source, row * size * inner, chunk);
  return { ...tensor, shape, data };
}

/** How a tensor lies around an axis: `outer` times `size` times `inner` elements. */
function around({ shape }: Tensor, axis: number): { outer: number; size: number; inner: number } {
  const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);
  return { outer: product(shape.slice(0, axis)), size: shape[axis] ?? 0, inner: product(shape.slice(axis + 1)) };
}

function copyInto(target: TensorData, to: number, source: TensorData, from: number, count: number): void {
  if (isText(target) || isText(source)) return; // texts are never padded
  // one of them is big integers exactly when the other is: they are of one datatype
  (target as Uint8Array).set(source.subarray(from, from + count) as Uint8Array, to);
}
