import { BrinkError } from '../../../shared/errors/brink-error.js';
import { type Datatype, type FixedArray, fixedLayouts } from '../../../shared/protocol/datatype.js';
import { halfFromNumber } from '../../../shared/protocol/fp16.js';

/** A tensor's data, `value` in each element. Throws `invalid-manifest` for a value that the datatype cannot hold. */
export function filled(datatype: Datatype, elements: number, value: number): FixedArray {
  if (datatype === 'BYTES') throw new BrinkError('invalid-manifest', 'expected padding of numbers, BYTES have none');
  const layout = fixedLayouts[datatype];
  const data = new layout.array(new ArrayBuffer(elements * layout.bytes), 0, elements);
  if (value === 0) return data;
  if (data instanceof BigUint64Array || data instanceof BigInt64Array) {
    data.fill(BigInt(wholeNumber(value, datatype)));
    if (data.length > 0 && Number(data[0]) !== value) throw notHeld(value, datatype);
  } else if (datatype === 'FP16') {
    data.fill(halfFromNumber(value));
  } else if (datatype === 'FP32' || datatype === 'FP64') {
    data.fill(value);
  } else {
    data.fill(wholeNumber(value, datatype));
    if ((data.length > 0 && data[0] !== value) || (datatype === 'BOOL' && value !== 1)) throw notHeld(value, datatype);
  }
  return data;
}

function wholeNumber(value: number, datatype: Datatype): number {
  if (Number.isInteger(value)) return value;
  throw notHeld(value, datatype);
}

function notHeld(value: number, datatype: Datatype): BrinkError {
  return new BrinkError('invalid-manifest', `expected a padding value that ${datatype} can hold, got ${value}`);
}
