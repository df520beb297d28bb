import { describe, expect, it } from 'vitest';
import { checkGolden } from '../../../shared/golden/check-golden.js';
import { compareOutputs, type OutputError } from '../../../shared/golden/compare-outputs.js';
import { exactTolerance, quantizedTolerance, type Tolerance } from '../../../shared/golden/tolerance.js';
import { type Datatype, datatypes } from '../../../shared/protocol/datatype.js';
import { halfFromNumber } from '../../../shared/protocol/fp16.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { integerBelow, seededRandom } from '../../harness/random.js';
import { randomTensor } from '../protocol/random-tensor.js';

const float = (values: readonly number[], shape = [values.length], name = 'y'): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});
const double = (...values: number[]): Tensor => ({
  ...float(values),
  datatype: 'FP64',
  data: Float64Array.from(values),
});
const half = (...values: number[]): Tensor => ({
  ...float(values),
  datatype: 'FP16',
  data: Uint16Array.from(values, halfFromNumber),
});

function compare(expected: Tensor, got: Tensor, tolerance?: Tolerance): OutputError {
  const [error] = compareOutputs([expected], [got], tolerance && { y: tolerance });
  if (error === undefined) throw new Error('expected an error for each output');
  return error;
}

describe('floats beside a golden', () => {
  it('are held to 1e-3, absolute or relative, where nothing is declared', () => {
    expect(compare(float([0, 1_000]), float([0.0009, 1_000.9]))).toMatchObject({
      within: true,
      tolerance: exactTolerance,
      absolute: expect.closeTo(0.9, 3) as number,
      relative: expect.closeTo(0.0009, 5) as number,
    });
    const beyond = compare(float([0, 1_000]), float([0.0011, 1_000]));
    expect([beyond.within, beyond.text]).toEqual([
      false,
      'expected of output "y" elements within 0.001 absolute or 0.001 relative, got 0.0011 for 0 at 0 (1 of 2 are beyond)',
    ]);
    expect(compare(float([0, 1_000]), float([0, 1_001.1])).within).toBe(false);
  });

  it('are held to every bound that is declared, and to no other', () => {
    const [expected, got] = [float([1, 2, 3, 4], [2, 2]), float([1, 2, 4, 3], [2, 2])];
    expect(compare(expected, got, { absolute: 1 })).toMatchObject({ within: true, top1: 0.5 });
    expect(compare(expected, got, { absolute: 1, top1: 0.5 }).within).toBe(true);
    expect(compare(expected, got, { absolute: 1, top1: 0.6 })).toMatchObject({
      within: false,
      text: 'expected of output "y" the same largest element in at least 0.6 of the rows, got 0.5',
    });
    expect(compare(expected, got, { cosine: 0.9 })).toMatchObject({
      within: true,
      cosine: expect.closeTo(29 / 30, 10) as number,
    });
    expect(compare(expected, got, { cosine: 0.97 }).text).toMatch(/a cosine of at least 0.97, got 0.966667/);
    expect(compare(expected, got, { relative: 0.3 }).within).toBe(false);
    expect(compare(expected, got, { relative: 0.34 }).within).toBe(true);
  });

  it('of half and double precision are compared as what they stand for', () => {
    expect(compare(half(1, -2), half(1.0009765625, -2))).toMatchObject({ within: true, absolute: 2 ** -10 });
    expect(compare(half(1, -2), half(-1, -2))).toMatchObject({ within: false, absolute: 2 });
    expect(compare(double(1e200, 1e-200), double(1e200, 2e-200))).toMatchObject({ within: true, cosine: 1 });
    expect(compare(double(1e200), double(-1e200), { cosine: 0.5 })).toMatchObject({ within: false, cosine: -1 });
  });

  it('that are NaN or infinite have to be the same, whatever is declared', () => {
    const odd = [NaN, Infinity, -Infinity, 1];
    for (const tolerance of [undefined, { absolute: 1e9 }, quantizedTolerance, { top1: 0 }]) {
      expect(compare(float(odd), float(odd), tolerance)).toMatchObject({ within: true, absolute: 0, relative: 0 });
      for (const at of [0, 1, 2, 3]) {
        for (const other of [0, NaN, Infinity, -Infinity].filter((value) => !Object.is(value, odd[at]))) {
          if (at === 3 && other === 0) continue; // 1 and 0 are finite
          const got = float(odd.map((value, index) => (index === at ? other : value)));
          expect(compare(float(odd), got, tolerance)).toMatchObject({ within: false, absolute: Infinity });
        }
      }
    }
  });

  it('have a cosine of 1 where both are zero, and none where one is', () => {
    const zero = float([0, 0]);
    expect(compare(zero, zero, { cosine: 1 })).toMatchObject({ within: true, cosine: 1 });
    expect(compare(zero, float([0, 0.1]), { cosine: 0.1 })).toMatchObject({ within: false, cosine: null });
    expect(compare(float([0, 0.1]), zero, { cosine: 0 }).within).toBe(false);
  });

  it('have the largest element in the same place, or in another that is as large in the golden', () => {
    expect(compare(float([1, 5, 5]), float([1, 4, 5])).top1).toBe(1);
    expect(compare(float([1, 5, 4]), float([5, 5, 5])).top1).toBe(0);
    expect(compare(float([NaN, 5, 4]), float([NaN, 5, 4])).top1).toBe(1);
    expect(compare(float([], [0, 3]), float([], [0, 3]), quantizedTolerance)).toMatchObject({ within: true, top1: 1 });
    expect(compare(float([3], []), float([3], []), { top1: 1 }).within).toBe(true);
  });
});

describe('what is not a float', () => {
  const of = (datatype: Datatype, data: Tensor['data']): Tensor => ({ name: 'y', datatype, shape: [2], data });

  it.each<[Datatype, Tensor['data'], Tensor['data'], number]>([
    ['INT64', BigInt64Array.of(2n ** 62n, 1n), BigInt64Array.of(2n ** 62n + 1n, 1n), 0],
    ['INT32', Int32Array.of(1, 2), Int32Array.of(1, 5), 3],
    ['BOOL', Uint8Array.of(0, 1), Uint8Array.of(1, 1), 1],
    ['BYTES', ['a', 'b'], ['a', 'c'], Infinity],
  ])('has to be equal, whatever is declared: %s', (datatype, data, other, absolute) => {
    const tolerance = { absolute: 1e9 };
    expect(compare(of(datatype, data), of(datatype, data.slice()), tolerance).within).toBe(true);
    const error = compare(of(datatype, data), of(datatype, other), tolerance);
    expect(error).toMatchObject({ within: false, absolute, cosine: null, top1: null });
    expect(error.text).toMatch(/^expected of output "y" elements equal to the golden's, got .* \(1 of 2 are not\)$/);
  });
});

describe('another kind of answer', () => {
  it.each<[string, Tensor[], string]>([
    ['none', [], 'got none of that name'],
    ['one of another name', [float([1, 2], [2], 'z')], 'got none of that name'],
    ['another shape of as many elements', [float([1, 2], [1, 2])], 'got FP32 [1, 2]'],
    ['another datatype', [double(1, 2)], 'got FP64 [2]'],
  ])('is not within, and is named: %s', (_, got, text) => {
    const [error] = compareOutputs([float([1, 2])], got);
    expect(error).toMatchObject({ within: false, absolute: Infinity, cosine: null, top1: null });
    expect(error?.text).toBe(`expected output "y" of FP32 [2], ${text}`);
  });

  it('has a tolerance under a name that every object has', () => {
    const named = float([1], [1], 'constructor');
    expect(compareOutputs([named], [named])[0]?.tolerance).toBe(exactTolerance);
  });
});

/** The same tensor with another value in one place. */
function changed(tensor: Tensor, at: number): Tensor {
  const { datatype, data } = tensor;
  if (!ArrayBuffer.isView(data)) return { ...tensor, data: data.with(at, `${data[at] ?? ''}.`) };
  const copy = data.slice();
  if (copy instanceof Float32Array || copy instanceof Float64Array) copy[at] = 12_345;
  else if (datatype === 'FP16') copy[at] = halfFromNumber(12_345);
  else new Uint8Array(copy.buffer)[at * copy.BYTES_PER_ELEMENT]! ^= 1;
  return { ...tensor, data: copy };
}

describe('any tensor', () => {
  it('is within of itself, whatever is declared, and not of one whose bits are others in one place', () => {
    const random = seededRandom(22);
    for (const datatype of datatypes) {
      for (let round = 0; round < 10; round++) {
        const one = randomTensor('y', datatype, random);
        for (const tolerance of [undefined, { absolute: 0 }, { cosine: 1, top1: 1 }]) {
          expect(compare(one, { ...one, data: one.data.slice() }, tolerance)).toMatchObject({
            within: true,
            absolute: 0,
          });
        }
        const other = changed(one, integerBelow(random, 42));
        expect(compare(one, other, { absolute: 0 }).within).toBe(false);
      }
    }
  });
});

describe('checking a golden', () => {
  const outputs = ['a', 'b', 'c', 'd', 'e'].map((name) => float([1], [1], name));
  const golden = { inputs: [], outputs };

  it('is content with answers in any order, and with more than it knows', () => {
    expect(() => checkGolden(golden, [float([1], [1], 'f'), ...outputs.toReversed()])).not.toThrow();
  });

  it('says what was expected and what came, of the first three', () => {
    const got = outputs.map((output) => ({ ...output, data: Float32Array.of(2) }));
    expect(() => checkGolden(golden, got, { a: { absolute: 2 } })).toThrow(
      expect.objectContaining({
        code: 'golden-failed',
        status: 503,
        message: expect.stringMatching(
          /output "b" .*got 2 for 1 at 0.*output "c".*output "d".* and 1 outputs more$/,
        ) as string,
      }) as Error,
    );
  });
});
