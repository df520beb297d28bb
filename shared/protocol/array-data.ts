import { BrinkError } from '../errors/brink-error.js';
import type { Datatype, TensorData } from './datatype.js';
import { type ElementSource, elementSink } from './elements.js';
import { quoted, shapeText } from './quote-text.js';

/** What an input says of itself, checked against the signature. */
export interface InputHead {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Product of the shape. */
  readonly count: number;
}

/**
 * The elements of a `data` array, flat or nested to the shape. Throws `wrong-element-count`, `wrong-shape` for ragged or
 * wrong nesting, `value-out-of-range`.
 */
export function dataFromArray(head: InputHead, data: readonly unknown[], source: ElementSource): TensorData {
  const { shape, count } = head;
  if (!Array.isArray(data[0])) {
    checkCount(head, data.length, count);
    const sink = elementSink(head.datatype, count, source);
    sink.put(data, 0);
    return sink.data;
  }
  checkNesting(head, data, 0); // before anything is allocated: a shape promises what the body may not hold
  const sink = elementSink(head.datatype, count, source);
  const rowLength = shape.at(-1) ?? 0;
  let at = 0;
  const putRows = (part: readonly unknown[], axis: number): void => {
    if (axis === shape.length - 1) {
      sink.put(part, at);
      at += rowLength;
    } else {
      for (const inner of part) putRows(inner as readonly unknown[], axis + 1);
    }
  };
  putRows(data, 0);
  return sink.data;
}

/** Recursion is bounded by the rank, which the signature bounds. */
function checkNesting(head: InputHead, part: unknown, axis: number): void {
  const expected = head.shape[axis];
  if (!Array.isArray(part)) throw wrongNesting(head, `an array at axis ${axis}`, 'a single element');
  if (expected === undefined) throw wrongNesting(head, `single elements below axis ${axis - 1}`, 'an array');
  if (part.length !== expected) {
    throw wrongNesting(head, `an array of ${expected} at axis ${axis}`, `one of ${part.length}`);
  }
  if (axis === head.shape.length - 1) {
    if (part.some((element) => Array.isArray(element))) checkNesting(head, [], axis + 1);
    return;
  }
  for (const inner of part) checkNesting(head, inner, axis + 1);
}

function wrongNesting(head: InputHead, expected: string, got: string): BrinkError {
  return new BrinkError(
    'wrong-shape',
    `expected the data of input ${quoted(head.name)} to be flat or nested to its shape ${shapeText(head.shape)}, with ${expected}, got ${got}`,
  );
}

export function checkCount(head: Pick<InputHead, 'name' | 'shape'>, got: number, expected: number): void {
  if (got === expected) return;
  throw new BrinkError(
    'wrong-element-count',
    `expected ${expected} elements for input ${quoted(head.name)} of shape ${shapeText(head.shape)}, got ${got}`,
  );
}
