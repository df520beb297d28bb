import { BrinkError } from '../errors/brink-error.js';
import type { InputHead } from './array-data.js';
import { datatypes, type Datatype, isDatatype } from './datatype.js';
import type { Limits } from './limits.js';
import { described, listed, quoted, shapeText } from './quote-text.js';
import { type UntypedRecord, listOf, textOf } from './record.js';
import type { Signature, TensorSpec } from './tensor.js';

const axisMax = 2 ** 31 - 1;

/** What an input says of itself, held against the signature: name, datatype, shape. The data come later. */
export function inputHeadOf(input: UntypedRecord, signature: Signature, bodyBytes: number, limits: Limits): InputHead {
  const name = textOf(input['name'], 'the name of an input');
  const spec = signature.inputs.find((candidate) => candidate.name === name);
  if (spec === undefined) {
    const known = listed(signature.inputs.map((candidate) => candidate.name));
    throw new BrinkError('unknown-input', `expected inputs ${known}, got one called ${quoted(name)}`);
  }
  const datatype = datatypeOf(input['datatype'], spec);
  const shape = shapeOf(input['shape'], spec, limits);
  const count = elementCount(name, shape, bodyBytes);
  checkElements(name, count, limits);
  return { name, datatype, shape, count };
}

function datatypeOf(value: unknown, spec: TensorSpec): Datatype {
  const text = textOf(value, `the datatype of input ${quoted(spec.name)}`);
  if (!isDatatype(text)) {
    throw new BrinkError(
      'unsupported-datatype',
      `expected the datatype of input ${quoted(spec.name)} to be one of ${datatypes.join(' ')}, got ${quoted(text)}`,
    );
  }
  if (text === spec.datatype) return text;
  throw new BrinkError(
    'wrong-datatype',
    `expected datatype ${spec.datatype} for input ${quoted(spec.name)}, got ${text}`,
  );
}

function shapeOf(value: unknown, spec: TensorSpec, limits: Limits): readonly number[] {
  const axes = listOf(value, `axes in the shape of input ${quoted(spec.name)}`, Infinity);
  if (axes.length > limits.rankMax) {
    throw new BrinkError(
      'wrong-shape',
      `expected at most ${limits.rankMax} axes for input ${quoted(spec.name)}, got ${axes.length}`,
    );
  }
  const shape = axes.map((axis) => axisOf(axis, spec));
  const fits =
    shape.length === spec.shape.length && spec.shape.every((expected, at) => expected === -1 || expected === shape[at]);
  if (fits) return shape;
  throw new BrinkError(
    'wrong-shape',
    `expected shape ${shapeText(spec.shape)} for input ${quoted(spec.name)} (-1 is any size), got ${shapeText(shape)}`,
  );
}

function axisOf(value: unknown, spec: TensorSpec): number {
  const axis = typeof value === 'bigint' ? Number(value) : value;
  if (typeof axis === 'number' && Number.isInteger(axis) && axis >= 0 && axis <= axisMax) return axis + 0; // -0 is 0
  throw new BrinkError(
    'wrong-shape',
    `expected the axes of input ${quoted(spec.name)} to be integers from 0 to ${axisMax}, got ${described(value)}`,
  );
}

/**
 * The product of a shape. Every element takes at least a byte of the body in every format, so a product beyond the
 * body's size (or beyond what a double counts) is refused before anything is allocated for it.
 */
export function elementCount(name: string, shape: readonly number[], bodyBytes: number): number {
  if (shape.includes(0)) return 0;
  let count = 1;
  for (const axis of shape) {
    count *= axis;
    if (count > bodyBytes) {
      throw new BrinkError(
        'wrong-element-count',
        `expected input ${quoted(name)} to have at most ${bodyBytes} elements, as its body has bytes, got shape ${shapeText(shape)}`,
      );
    }
  }
  return count;
}

/** Holds a tensor against the limit of its model, before anything is allocated for it. */
export function checkElements(name: string, count: number, { tensorElementsMax }: Limits): void {
  if (count <= tensorElementsMax) return;
  throw new BrinkError(
    'tensor-too-large',
    `expected at most ${tensorElementsMax} elements for input ${quoted(name)}, got ${count}`,
  );
}
