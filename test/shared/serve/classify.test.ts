import { describe, expect, it } from 'vitest';
import { halfFromNumber } from '../../../shared/protocol/fp16.js';
import type { InferRequest } from '../../../shared/protocol/infer.js';
import type { Datatype, TensorData } from '../../../shared/protocol/datatype.js';
import type { Signature, Tensor } from '../../../shared/protocol/tensor.js';
import { classificationsOf, classified } from '../../../shared/serve/classify.js';
import { topClasses } from '../../../shared/serve/top-classes.js';
import { seededRandom } from '../../harness/random.js';

const spec = (name: string, datatype: Datatype, shape: number[]) => ({ name, datatype, shape });
const batched: Signature = { inputs: [spec('x', 'FP32', [-1, 4])], outputs: [spec('y', 'FP32', [-1, 3])] };
const single: Signature = { inputs: [spec('x', 'FP32', [4])], outputs: [spec('y', 'FP32', [3])] };
const tensor = (datatype: Datatype, shape: number[], data: TensorData): Tensor => ({
  name: 'y',
  datatype,
  shape,
  data,
});
const asked = (value: string | number | bigint | boolean): InferRequest => ({
  id: undefined,
  parameters: {},
  inputs: [],
  outputs: [{ name: 'y', parameters: { classification: value } }],
});

describe('a classification', () => {
  it('is the highest values of each item of a batch, with their places', () => {
    const scores = tensor('FP32', [2, 3], Float32Array.of(0.1, 0.7, 0.2, 5, -1, 5));
    expect(classified(scores, 2, batched)).toEqual({
      name: 'y',
      datatype: 'BYTES',
      shape: [2, 2],
      data: ['0.7:1', '0.2:2', '5:0', '5:2'],
    });
  });

  it('is of all values of an output without a batch', () => {
    const scores = tensor('FP32', [1, 4], Float32Array.of(1, 5, 10, 4));
    expect(classified(scores, 2, single)).toMatchObject({ shape: [2], data: ['10:2', '5:1'] });
  });

  it('has all classes where more are asked for', () => {
    const scores = tensor('FP32', [1, 3], Float32Array.of(1, 3, 2));
    expect(classified(scores, 100, batched)).toMatchObject({ shape: [1, 3], data: ['3:1', '2:2', '1:0'] });
    expect(classified(tensor('FP32', [0], new Float32Array()), 5, single)).toMatchObject({ shape: [0], data: [] });
  });

  it.each<[Datatype, TensorData, string[]]>([
    ['UINT64', BigUint64Array.of(1n, 2n ** 64n - 1n), ['18446744073709551615:1', '1:0']],
    ['INT64', BigInt64Array.of(-(2n ** 63n), 0n), ['0:1', '-9223372036854775808:0']],
    ['INT8', Int8Array.of(-128, 127), ['127:1', '-128:0']],
    ['UINT8', Uint8Array.of(255, 0), ['255:0', '0:1']],
    ['FP16', Uint16Array.of(halfFromNumber(-2), halfFromNumber(0.25)), ['0.25:1', '-2:0']],
    ['FP64', Float64Array.of(0.1, 1e300), ['1e+300:1', '0.1:0']],
    ['FP32', Float32Array.of(0.1, 1 / 3), ['0.33333334:1', '0.1:0']],
    ['FP32', Float32Array.of(NaN, -Infinity, Infinity), ['Infinity:2', '-Infinity:1', 'NaN:0']],
  ])('of %s compares and prints its own numbers', (datatype, data, expected) => {
    expect(classified(tensor(datatype, [expected.length], data), 9, single).data).toEqual(expected);
  });

  it('is asked for by a whole number of at least 1, wide or not', () => {
    expect(classificationsOf(asked(3), single)?.get('y')).toBe(3);
    expect(classificationsOf(asked(3n), single)?.get('y')).toBe(3);
    expect(classificationsOf({ ...asked(1), outputs: undefined }, single)).toBeUndefined();
    expect(classificationsOf({ ...asked(1), outputs: [{ name: 'y', parameters: {} }] }, single)).toBeUndefined();
    for (const value of [0, -1, 1.5, '2', true]) {
      expect(() => classificationsOf(asked(value), single)).toThrow(/"y" to be a whole number of at least 1, got/);
    }
  });

  it.each(['BYTES', 'BOOL'] as const)('of %s is refused', (datatype) => {
    const signature = { ...single, outputs: [spec('y', datatype, [3])] };
    expect(() => classificationsOf(asked(1), signature)).toThrow(`expected an output of numbers for a classification, got "y" of ${datatype}`); // prettier-ignore
  });
});

describe('the top classes', () => {
  it('are those of a full sort, by value and then by place, whatever the count', () => {
    const random = seededRandom(11);
    for (let round = 0; round < 200; round += 1) {
      const length = 1 + Math.floor(random() * 40);
      const values = Float32Array.from({ length }, () => Math.floor(random() * 10)); // with many ties
      const count = 1 + Math.floor(random() * length);
      const sorted = [...values.keys()].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
      expect(topClasses(values, 0, length, count)).toEqual(sorted.slice(0, count));
    }
  });

  it('of rising values, the most work there is, are found without sorting them all', () => {
    const rising = Float32Array.from({ length: 200_000 }, (_, index) => index);
    expect(topClasses(rising, 0, rising.length, 3)).toEqual([199_999, 199_998, 199_997]);
  });
});
