import type { Datatype, TensorData } from '../../../shared/protocol/datatype.js';
import { numberFromHalf } from '../../../shared/protocol/fp16.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import type { BatchAxisVerdict } from './batch-axis.js';
import { rowsOf } from './shape-bucket.js';

/** How far a float may be from its like, absolutely or relative to it: as far as an fp32 golden may. */
export const toleranceOfRuns = 1e-3;

/**
 * What two items (or more) that were run alone and together say about axis 0. `alone` and `together` hold each item's
 * own outputs, `inputs` what it was run on.
 *
 * `independent` needs items whose own answers differ by more than the tolerance: of items that are alike (the same bytes
 * sent twice, silence and other silence) the answers agree even if the graph takes the mean over axis 0.
 */
export function compareRuns(
  alone: readonly (readonly Tensor[])[],
  together: readonly (readonly Tensor[])[],
  inputs: readonly (readonly Tensor[])[],
): BatchAxisVerdict {
  const rows = inputs.map((one) => rowsOf(one));
  if (alone.length !== together.length || alone.length !== inputs.length) return 'not-a-batch';
  const same = alone.every((outputs, item) => sameOutputs(outputs, together[item] ?? [], rows[item]));
  if (!same) return 'not-a-batch';
  const [first = []] = alone;
  return alone.every((outputs) => alike(first, outputs)) ? 'inconclusive' : 'independent';
}

function sameOutputs(alone: readonly Tensor[], together: readonly Tensor[], rows: number | undefined): boolean {
  if (rows === undefined || alone.length !== together.length) return false;
  return alone.every((one) => {
    const other = together.find(({ name }) => name === one.name);
    if (other?.datatype !== one.datatype || one.shape[0] !== rows) return false;
    const sameShape =
      one.shape.length === other.shape.length && one.shape.every((size, at) => size === other.shape[at]);
    return sameShape && one.data.length === other.data.length && sameElements(one.datatype, one.data, other.data);
  });
}

/** Whether nobody could tell two items' answers apart, the shorter of them repeated. */
function alike(first: readonly Tensor[], other: readonly Tensor[]): boolean {
  return first.every((one, at) => {
    const two = other[at];
    if (two === undefined || one.data.length === 0 || two.data.length === 0) return true;
    return sameElements(one.datatype, one.data, two.data);
  });
}

function sameElements(datatype: Datatype, one: TensorData, other: TensorData): boolean {
  const isFloat = datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64';
  const numberAt = (data: TensorData, at: number): number => {
    const element = Number(data[at % data.length]);
    return datatype === 'FP16' ? numberFromHalf(element) : element;
  };
  const length = Math.max(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const same = isFloat
      ? sameFloat(numberAt(one, at), numberAt(other, at))
      : one[at % one.length] === other[at % other.length];
    if (!same) return false;
  }
  return true;
}

function sameFloat(expected: number, got: number): boolean {
  if (Object.is(expected, got) || expected === got) return true; // NaN, infinities
  const apart = Math.abs(expected - got);
  return apart <= toleranceOfRuns || (Number.isFinite(expected) && apart <= toleranceOfRuns * Math.abs(expected));
}
