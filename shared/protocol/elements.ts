import { BrinkError } from '../errors/brink-error.js';
import type { Datatype, TensorData } from './datatype.js';
import { bigintRanges, floatOverflows, integerRanges } from './element-range.js';
import { halfFromNumber } from './fp16.js';
import { described, quoted } from './quote-text.js';
import { hasLoneSurrogate } from './utf8.js';

/** What reading elements needs to know besides the elements. */
export interface ElementSource {
  /** Of the input, for errors. */
  readonly input: string;
  /** Whether NaN and infinities can stand in the source: not in JSON, where 1e999 is the only way to an infinity. */
  readonly nonFinite: boolean;
}

/** Takes the elements of a tensor row by row. */
export interface ElementSink {
  readonly data: TensorData;
  /** Checks the elements of `row` and stores them from flat position `at`. */
  put(row: readonly unknown[], at: number): void;
}

export function elementSink(datatype: Datatype, count: number, source: ElementSource): ElementSink {
  switch (datatype) {
    case 'BOOL':
      return boolSink(count, source);
    case 'UINT8':
      return integerSink(new Uint8Array(count), datatype, source);
    case 'UINT16':
      return integerSink(new Uint16Array(count), datatype, source);
    case 'UINT32':
      return integerSink(new Uint32Array(count), datatype, source);
    case 'INT8':
      return integerSink(new Int8Array(count), datatype, source);
    case 'INT16':
      return integerSink(new Int16Array(count), datatype, source);
    case 'INT32':
      return integerSink(new Int32Array(count), datatype, source);
    case 'UINT64':
      return bigintSink(new BigUint64Array(count), datatype, source);
    case 'INT64':
      return bigintSink(new BigInt64Array(count), datatype, source);
    case 'FP16':
      return halfSink(count, source);
    case 'FP32':
      return floatSink(new Float32Array(count), datatype, source);
    case 'FP64':
      return floatSink(new Float64Array(count), datatype, source);
    case 'BYTES':
      return textSink(count, source);
  }
}

function boolSink(count: number, source: ElementSource): ElementSink {
  const data = new Uint8Array(count);
  return {
    data,
    put(row, at) {
      for (let i = 0; i < row.length; i++) {
        const value = row[i];
        if (value === true || value === 1) data[at + i] = 1;
        else if (value !== false && value !== 0) throw refused(source, at + i, value, 'true, false, 1 or 0');
      }
    },
  };
}

type SmallIntegers = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array;

function integerSink(data: SmallIntegers, datatype: keyof typeof integerRanges, source: ElementSource): ElementSink {
  const [min, max] = integerRanges[datatype];
  return {
    data,
    put(row, at) {
      for (let i = 0; i < row.length; i++) {
        const value = typeof row[i] === 'bigint' ? Number(row[i]) : row[i];
        if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
          throw refused(source, at + i, row[i], `an integer from ${min} to ${max}`);
        }
        data[at + i] = value as number;
      }
    },
  };
}

function bigintSink(
  data: BigUint64Array | BigInt64Array,
  datatype: keyof typeof bigintRanges,
  source: ElementSource,
): ElementSink {
  const [min, max] = bigintRanges[datatype];
  return {
    data,
    put(row, at) {
      for (let i = 0; i < row.length; i++) {
        const value = row[i];
        const exact = typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value as number) : null;
        if (exact === null || exact < min || exact > max) {
          throw refused(source, at + i, value, `an integer from ${min} to ${max}, with all its digits`);
        }
        data[at + i] = exact;
      }
    },
  };
}

function floatSink(data: Float32Array | Float64Array, datatype: 'FP32' | 'FP64', source: ElementSource): ElementSink {
  const overflow = floatOverflows[datatype];
  return {
    data,
    put(row, at) {
      for (let i = 0; i < row.length; i++) {
        const value = row[i];
        data[at + i] =
          typeof value === 'number' && value < overflow && value > -overflow
            ? value
            : unusualFloat(value, datatype, source, at + i);
      }
    },
  };
}

function halfSink(count: number, source: ElementSource): ElementSink {
  const data = new Uint16Array(count);
  return {
    data,
    put(row, at) {
      for (let i = 0; i < row.length; i++) {
        const value = row[i];
        const usual = typeof value === 'number' && value < floatOverflows.FP16 && value > -floatOverflows.FP16;
        data[at + i] = halfFromNumber(usual ? value : unusualFloat(value, 'FP16', source, at + i));
      }
    },
  };
}

/** A float that is not a finite number within its datatype: msgpack's 64-bit integers, NaN and infinities; or a fault. */
function unusualFloat(
  value: unknown,
  datatype: keyof typeof floatOverflows,
  source: ElementSource,
  at: number,
): number {
  const overflow = floatOverflows[datatype];
  if (typeof value === 'bigint') return unusualFloat(Number(value), datatype, source, at);
  if (typeof value === 'number') {
    if (Math.abs(value) < overflow) return value;
    if (source.nonFinite && !Number.isFinite(value)) return value;
  }
  throw refused(source, at, value, `a number within the range of ${datatype}`);
}

function textSink(count: number, source: ElementSource): ElementSink {
  const data = new Array<string>(count).fill('');
  return {
    data,
    put(row, at) {
      for (let i = 0; i < row.length; i++) {
        const value = row[i];
        if (typeof value !== 'string' || hasLoneSurrogate(value)) {
          throw refused(source, at + i, value, 'a string of Unicode text');
        }
        data[at + i] = value;
      }
    },
  };
}

function refused(source: ElementSource, at: number, value: unknown, expected: string): BrinkError {
  return new BrinkError(
    'value-out-of-range',
    `expected element ${at} of input ${quoted(source.input)} to be ${expected}, got ${described(value)}`,
  );
}
