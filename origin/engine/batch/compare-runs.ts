import type { Datatype, TensorData } from '../../../shared/protocol/datatype.js';
import { numberFromHalf } from '../../../shared/protocol/fp16.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';

/** How far a float may be from its like, relative to it: kernels add up in another order for another batch. */
export const relativeTolerance = 1e-3;
/** And relative to the largest of its tensor: what is near zero beside large ones has lost its digits. */
export const tensorTolerance = 1e-4;
/** Next to nothing, where a whole tensor is. */
const absoluteTolerance = 1e-7;

/** Whether an item's answers in a batch are those that it got alone: each output by itself, at its own scale. */
export function sameOutputs(alone: readonly Tensor[], together: readonly Tensor[]): boolean {
  if (alone.length !== together.length) return false;
  return alone.every((one) => {
    const other = together.find(({ name }) => name === one.name);
    if (other?.datatype !== one.datatype || one.data.length !== other.data.length) return false;
    const sameShape =
      one.shape.length === other.shape.length && one.shape.every((size, at) => size === other.shape[at]);
    return sameShape && sameElements(one.datatype, one.data, other.data);
  });
}

function sameElements(datatype: Datatype, one: TensorData, other: TensorData): boolean {
  const isFloat = datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64';
  if (!isFloat) return one.every((element: TensorData[number], at: number) => element === other[at]);
  const numberAt = (data: TensorData, at: number): number =>
    datatype === 'FP16' ? numberFromHalf(Number(data[at])) : Number(data[at]);
  let largest = 0;
  for (let at = 0; at < one.length; at++) {
    const size = Math.abs(numberAt(one, at));
    if (size > largest && size < Infinity) largest = size;
  }
  for (let at = 0; at < one.length; at++) {
    if (!sameFloat(numberAt(one, at), numberAt(other, at), largest)) return false;
  }
  return true;
}

function sameFloat(expected: number, got: number, largest: number): boolean {
  if (Object.is(expected, got) || expected === got) return true; // NaN, infinities
  if (!Number.isFinite(expected) || !Number.isFinite(got)) return false;
  const allowed = relativeTolerance * Math.abs(expected) + tensorTolerance * largest + absoluteTolerance;
  return Math.abs(expected - got) <= allowed;
}
