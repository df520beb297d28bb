import { quoted, shapeText } from '../protocol/quote-text.js';
import type { Tensor } from '../protocol/tensor.js';
import { type FloatError, floatError, isFloat, numbersOf } from './float-error.js';
import { exactTolerance, type Tolerance } from './tolerance.js';
import { toleranceText } from './tolerance-text.js';
import { topAgreement } from './top-agreement.js';

/** How far one output is from the golden's. */
export interface OutputError {
  readonly output: string;
  /** The largest difference of an element; infinite where it is none (texts, NaN against a number, another shape). */
  readonly absolute: number;
  /** The same relative to what was expected, elements that are expected to be zero left out. */
  readonly relative: number;
  /** Of floats alone; null too where one side is all zeros. */
  readonly cosine: number | null;
  /** Of floats alone: the share of rows along the last axis whose largest element is the same. */
  readonly top1: number | null;
  /** What it was held against. */
  readonly tolerance: Tolerance;
  readonly within: boolean;
  /** One sentence: what was expected and what came. */
  readonly text: string;
}

const equalTolerance: Tolerance = { absolute: 0 };
const nothingAlike = { absolute: Infinity, relative: Infinity, cosine: null, top1: null } as const;

/**
 * Each expected output beside the one that came, in the order of `expected`; what came beside them is not looked at.
 * Floats are held against the tolerance of their output (`exactTolerance` where none is declared), everything else has to
 * be equal. NaN equals NaN, an infinity equals its like, and either against anything else is never within.
 */
export function compareOutputs(
  expected: readonly Tensor[],
  got: readonly Tensor[],
  tolerances: Readonly<Record<string, Tolerance>> = {},
): readonly OutputError[] {
  return expected.map((one) => {
    const other = got.find(({ name }) => name === one.name);
    const declared = Object.hasOwn(tolerances, one.name) ? tolerances[one.name] : undefined;
    const tolerance = isFloat(one.datatype) ? (declared ?? exactTolerance) : equalTolerance;
    if (other === undefined || !isAlike(one, other)) {
      const came = other === undefined ? 'none of that name' : kindOf(other);
      const text = `expected output ${quoted(one.name)} of ${kindOf(one)}, got ${came}`;
      return { output: one.name, ...nothingAlike, tolerance, within: false, text };
    }
    return isFloat(one.datatype) ? floatsBeside(one, other, tolerance) : equalsBeside(one, other);
  });
}

const kindOf = ({ datatype, shape }: Tensor): string => `${datatype} ${shapeText(shape)}`;

const isAlike = (one: Tensor, other: Tensor): boolean =>
  one.datatype === other.datatype &&
  one.shape.length === other.shape.length &&
  one.shape.every((size, axis) => size === other.shape[axis]) &&
  one.data.length === other.data.length;

function floatsBeside(one: Tensor, other: Tensor, tolerance: Tolerance): OutputError {
  const [expected, got] = [numbersOf(one.datatype, one.data), numbersOf(other.datatype, other.data)];
  const error = floatError(expected, got, tolerance);
  const { absolute, relative, cosine } = error;
  const top1 = topAgreement(expected, got, one.shape);
  const faults: string[] = [];
  if (error.beyond > 0) faults.push(elementFault(error, expected, got, tolerance));
  if (tolerance.cosine !== undefined && !((cosine ?? -1) >= tolerance.cosine)) {
    faults.push(`a cosine of at least ${tolerance.cosine}, got ${cosine === null ? 'none' : figure(cosine)}`);
  }
  if (tolerance.top1 !== undefined && top1 < tolerance.top1) {
    faults.push(`the same largest element in at least ${tolerance.top1} of the rows, got ${figure(top1)}`);
  }
  const within = faults.length === 0;
  const text = within
    ? `output ${quoted(one.name)} is within ${toleranceText(tolerance)}: at most ${figure(absolute)} off`
    : `expected of output ${quoted(one.name)} ${faults.join('; ')}`;
  return { output: one.name, absolute, relative, cosine, top1, tolerance, within, text };
}

function elementFault(
  { beyond, firstBeyond }: FloatError,
  expected: ArrayLike<number>,
  got: ArrayLike<number>,
  { absolute, relative }: Tolerance,
): string {
  const at = firstBeyond ?? 0;
  const bounds = toleranceText({ absolute, relative });
  const near = bounds === '' ? 'NaN and infinities where the golden has them' : `elements within ${bounds}`;
  const [one, other] = [expected[at] ?? NaN, got[at] ?? NaN];
  return `${near}, got ${figure(other)} for ${figure(one)} at ${at} (${beyond} of ${expected.length} are beyond)`;
}

function equalsBeside(one: Tensor, other: Tensor): OutputError {
  const [expected, got]: [ArrayLike<string | number | bigint>, ArrayLike<string | number | bigint>] = [
    one.data,
    other.data,
  ];
  let [absolute, relative, unequal, first] = [0, 0, 0, -1];
  for (let at = 0; at < expected.length; at++) {
    const wanted = expected[at];
    const came = got[at];
    if (wanted === came) continue;
    const isText = typeof wanted === 'string';
    const difference = isText ? Infinity : Math.abs(Number(wanted) - Number(came));
    absolute = Math.max(absolute, difference);
    if (isText || Number(wanted) !== 0) relative = Math.max(relative, difference / Math.abs(Number(wanted) || 1));
    if (unequal++ === 0) first = at;
  }
  const within = unequal === 0;
  const text = within
    ? `output ${quoted(one.name)} is equal`
    : `expected of output ${quoted(one.name)} elements equal to the golden's, got ${elementText(got[first])} for ` +
      `${elementText(expected[first])} at ${first} (${unequal} of ${expected.length} are not)`;
  const { name: output } = one;
  return { output, absolute, relative, cosine: null, top1: null, tolerance: equalTolerance, within, text };
}

const figure = (value: number): string => String(Number(value.toPrecision(6)));

const elementText = (element: string | number | bigint | undefined): string =>
  typeof element === 'string' ? quoted(element) : String(element);
