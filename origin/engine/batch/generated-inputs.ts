import { type FixedDatatype, fixedLayouts, type TensorData } from '../../../shared/protocol/datatype.js';
import { halfFromNumber } from '../../../shared/protocol/fp16.js';
import type { Signature, Tensor, TensorSpec } from '../../../shared/protocol/tensor.js';
import type { Random } from '../../../shared/time/clock.js';

/** The most elements that one generated input may have. */
export const generatedElementsMax = 2 ** 26;

/**
 * Inputs that a graph can be warmed up, profiled and tried with: floats in [0, 1), integers and BOOL 0 or 1, short
 * texts. No row is like another where the datatype has room for it. `shapes` holds, by input, the shape without axis 0;
 * undefined when it lacks a dynamic axis, or does not fit the signature.
 */
export function warmUpInputs(
  { inputs }: Signature,
  shapes: Readonly<Record<string, readonly number[]>>,
  rows: number,
  random: Random,
): Tensor[] | undefined {
  const generated: Tensor[] = [];
  for (const spec of inputs) {
    const given = Object.hasOwn(shapes, spec.name) ? shapes[spec.name] : undefined;
    const shape = shapeOf(spec, given, rows);
    if (shape === undefined) return undefined;
    const rowElements = shape.slice(1).reduce((product, size) => product * size, 1);
    const rowCount = shape[0] ?? 1;
    if (rowCount * rowElements > generatedElementsMax) return undefined;
    generated.push({
      name: spec.name,
      datatype: spec.datatype,
      shape,
      data: dataOf(spec, rowCount, rowElements, random),
    });
  }
  return generated;
}

function shapeOf(spec: TensorSpec, given: readonly number[] | undefined, rows: number): number[] | undefined {
  const [first, ...rest] = spec.shape;
  if (first === undefined) return given === undefined || given.length === 0 ? [] : undefined;
  const own = given ?? rest;
  const fits = own.length === rest.length && own.every((size, at) => size >= 0 && [-1, size].includes(rest[at] ?? 0));
  return fits ? [first === -1 ? rows : first, ...own] : undefined;
}

function dataOf({ datatype }: TensorSpec, rows: number, rowElements: number, random: Random): TensorData {
  const elements = rows * rowElements;
  if (datatype === 'BYTES') {
    return Array.from({ length: elements }, (_, at) => `text ${at} ${Math.floor(random() * 1_000)}`);
  }
  const { array, bytes } = fixedLayouts[datatype satisfies FixedDatatype];
  const data = new array(new ArrayBuffer(elements * bytes), 0, elements);
  const isFloat = datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64';
  for (let at = 0; at < elements; at++) {
    const row = Math.floor(at / rowElements);
    const column = at % rowElements;
    if (isFloat) {
      const value = column === 0 ? (row + random()) / rows : random();
      data[at] = datatype === 'FP16' ? halfFromNumber(value) : value;
    } else {
      const value = bitOfRow(row, column, rows) ?? (random() < 0.5 ? 0 : 1);
      data[at] = data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(value) : value;
    }
  }
  return data;
}

/** The first elements of a row of zeros and ones spell its number: two rows by chance alike would tell nothing. */
function bitOfRow(row: number, column: number, rows: number): number | undefined {
  return column < Math.ceil(Math.log2(rows)) ? (row >> column) & 1 : undefined;
}
