import { BrinkError } from '../errors/brink-error.js';
import { numberFromHalf } from '../protocol/fp16.js';
import type { InferRequest } from '../protocol/infer.js';
import { described, quoted } from '../protocol/quote-text.js';
import type { Signature, Tensor } from '../protocol/tensor.js';
import { hasBatchAxis } from './batch-axis.js';
import { type Elements, topClasses } from './top-classes.js';

/** How many classes are asked for of each output that is to be a classification; undefined when none is. */
export type Classifications = ReadonlyMap<string, number>;

/**
 * The output parameter `classification` of Triton's extension of that name. Throws `bad-parameter` for what is no count
 * of classes, or for an output that has no order. Asked before the run, so that no run is for nothing.
 */
export function classificationsOf({ outputs }: InferRequest, signature: Signature): Classifications | undefined {
  let asked: Map<string, number> | undefined;
  for (const { name, parameters } of outputs ?? []) {
    const value = parameters['classification'];
    if (value === undefined) continue;
    const count = typeof value === 'bigint' ? Number(value) : value;
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 1) {
      throw new BrinkError(
        'bad-parameter',
        `expected classification of output ${quoted(name)} to be a whole number of at least 1, got ${described(value)}`,
      );
    }
    const datatype = signature.outputs.find((output) => output.name === name)?.datatype;
    if (datatype === 'BYTES' || datatype === 'BOOL') {
      throw new BrinkError(
        'bad-parameter',
        `expected an output of numbers for a classification, got ${quoted(name)} of ${datatype}`,
      );
    }
    asked ??= new Map<string, number>();
    asked.set(name, count);
  }
  return asked;
}

/**
 * An output as a classification: BYTES `<value>:<index>`, highest value first, of shape [batch, count] where axis 0 is
 * the batch, else [count]; all classes when there are fewer. A version's labels are its handler's business: none here.
 */
export function classified(output: Tensor, count: number, signature: Signature): Tensor {
  const { name, datatype, shape, data } = output;
  if (!ArrayBuffer.isView(data)) throw new Error('a classification of strings was not refused');
  const elements: Elements = datatype === 'FP16' ? Float32Array.from(data as Uint16Array, numberFromHalf) : data;
  const print = datatype === 'FP32' || datatype === 'FP16' ? shortestOfSingle : String;
  const batched = shape.length > 0 && hasBatchAxis(signature);
  const rows = batched ? (shape[0] ?? 0) : 1;
  const classes = rows === 0 ? 0 : elements.length / rows;
  const texts: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (const index of topClasses(elements, row * classes, classes, count)) {
      texts.push(`${print(elements[row * classes + index] ?? 0)}:${index}`);
    }
  }
  const shown = Math.min(count, classes);
  return { name, datatype: 'BYTES', shape: batched ? [rows, shown] : [shown], data: texts };
}

/** The fewest digits that are this single-precision number and no other: 0.1, not 0.10000000149011612. */
function shortestOfSingle(value: number | bigint): string {
  const number = Number(value);
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(number.toPrecision(digits));
    if (Math.fround(short) === number) return String(short);
  }
  return String(Number.isFinite(number) ? Number(number.toPrecision(9)) : number);
}
