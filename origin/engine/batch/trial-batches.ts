import { type Datatype, fixedLayouts } from '../../../shared/protocol/datatype.js';
import { halfFromNumber, numberFromHalf } from '../../../shared/protocol/fp16.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';

type Inputs = readonly Tensor[];

/** A batch in which one item stands at `places` among others, who are there to disturb it. */
export interface TrialBatch {
  readonly items: readonly Inputs[];
  readonly places: readonly number[];
  /** Whether the others are made up: a graph may refuse them without saying anything about its batch axis. */
  readonly madeUp: boolean;
}

/** How much larger mates are made: a scale, a maximum or a mean over the batch shows at once. */
const scaleOf: Readonly<Partial<Record<Datatype, number>>> = { FP16: 16, FP32: 1_000, FP64: 1_000 };

/**
 * What shows whether an item's answer depends on whom it shares a batch with: before and behind others, and among mates
 * of quite another size, sign and order, so that sorting, summing, scaling, normalising or picking over the rows cannot go
 * unnoticed. One pair that happens to be in order, or to be of one scale, would prove nothing.
 */
export function trialBatches(item: Inputs, other: Inputs): TrialBatch[] {
  const large = scaled(other, 1);
  const negative = scaled(other, -1);
  const zero = changed(other, () => 0);
  const backwards = reversed(other);
  return [
    { items: [large, item, negative, zero, backwards, item, other], places: [1, 5], madeUp: true },
    { items: [negative, item, large], places: [1], madeUp: true },
    { items: [other, item], places: [1], madeUp: false },
    { items: [item, other], places: [0], madeUp: false },
  ];
}

/** Whether two items are the same, element by element. */
export function identical(one: Inputs, other: Inputs): boolean {
  return one.every(({ data }, at) => {
    const mate = other[at]?.data;
    if (mate?.length !== data.length) return false;
    for (let index = 0; index < data.length; index++) if (!Object.is(data[index], mate[index])) return false;
    return true;
  });
}

/** Whether mates of another size could be made: without numbers of some size, two like items tell nothing. */
export const hasFloats = (inputs: Inputs): boolean => inputs.some(({ datatype }) => scaleOf[datatype] !== undefined);

/** Floats times their scale and away from zero; all else as it is. */
function scaled(inputs: Inputs, sign: 1 | -1): Inputs {
  return inputs.map((tensor) => {
    const scale = scaleOf[tensor.datatype];
    return scale === undefined ? tensor : mapped(tensor, (value) => sign * scale * (Math.abs(value) + 1));
  });
}

function changed(inputs: Inputs, change: (value: number) => number): Inputs {
  return inputs.map((tensor) => (scaleOf[tensor.datatype] === undefined ? tensor : mapped(tensor, change)));
}

/** The same elements in the other order: what integers can be changed to without leaving their range. */
function reversed(inputs: Inputs): Inputs {
  return inputs.map((tensor) => ({ ...tensor, data: tensor.data.toReversed() }));
}

function mapped(tensor: Tensor, change: (value: number) => number): Tensor {
  const { datatype, data } = tensor;
  if (datatype === 'BYTES') return tensor;
  const { array, bytes } = fixedLayouts[datatype];
  const copy = new array(new ArrayBuffer(data.length * bytes), 0, data.length);
  for (let at = 0; at < data.length; at++) {
    const value = Number(data[at]);
    copy[at] = datatype === 'FP16' ? halfFromNumber(change(numberFromHalf(value))) : change(value);
  }
  return { ...tensor, data: copy };
}
