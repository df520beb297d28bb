import { describe, expect, it } from 'vitest';
import { sameOutputs } from '../../../../origin/engine/batch/compare-runs.js';
import { fixedLayouts, type FixedDatatype } from '../../../../shared/protocol/datatype.js';
import { halfFromNumber } from '../../../../shared/protocol/fp16.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';

const text = (data: string): Tensor => ({ name: 'y', datatype: 'BYTES', shape: [1], data: [data] });

const tensor = (values: readonly number[], datatype: FixedDatatype = 'FP32', shape = [values.length]): Tensor => {
  const layout = fixedLayouts[datatype];
  const data = new layout.array(new ArrayBuffer(values.length * layout.bytes), 0, values.length);
  values.forEach((value, at) => {
    data[at] = datatype === 'FP16' ? halfFromNumber(value) : data instanceof BigInt64Array ? BigInt(value) : value;
  });
  return { name: 'y', datatype, shape, data };
};

const same = (one: Tensor, other: Tensor): boolean => sameOutputs([one], [other]);

describe('what came alone and in a batch', () => {
  it('is the same when floats differ by as much as another order of adding makes', () => {
    for (const datatype of ['FP32', 'FP64', 'FP16'] as const) {
      expect(same(tensor([1_000], datatype), tensor([1_001], datatype))).toBe(true);
      expect(same(tensor([1_000], datatype), tensor([1_003], datatype))).toBe(false);
      expect(same(tensor([0.5], datatype), tensor([0.5005], datatype))).toBe(true);
      expect(same(tensor([0.5], datatype), tensor([0.503], datatype))).toBe(false);
    }
  });

  it('is judged at the scale of each output: what is small there is not small everywhere', () => {
    expect(same(tensor([1_000, 0]), tensor([1_000, 0.05]))).toBe(true);
    expect(same(tensor([0, 0]), tensor([0, -0.015]))).toBe(false);
    expect(same(tensor([0.001]), tensor([0.0012]))).toBe(false);
    const [large, small] = [tensor([1_000]), { ...tensor([0.001]), name: 'z' }];
    expect(sameOutputs([large, small], [large, { ...tensor([0.0012]), name: 'z' }])).toBe(false);
    expect(sameOutputs([large, small], [small, large])).toBe(true);
  });

  it('is not finite in both, or in neither', () => {
    for (const [one, other, equal] of [
      [NaN, NaN, true],
      [Infinity, Infinity, true],
      [Infinity, -Infinity, false],
      [Infinity, 5, false],
      [5, Infinity, false],
      [NaN, 0, false],
      [0, NaN, false],
      [0, -0, true],
    ] as const) {
      for (const datatype of ['FP32', 'FP64', 'FP16'] as const) {
        expect(same(tensor([one], datatype), tensor([other], datatype)), `${one} ${other}`).toBe(equal);
      }
    }
  });

  it('is the same exactly for integers, BOOL and texts', () => {
    for (const datatype of ['BOOL', 'INT8', 'UINT32', 'INT64'] as const) {
      expect(same(tensor([1], datatype), tensor([1], datatype))).toBe(true);
      expect(same(tensor([1], datatype), tensor([0], datatype))).toBe(false);
    }
    expect(same(text('a'), text('a'))).toBe(true);
    expect(same(text('a'), text('b'))).toBe(false);
  });

  it('has the same shape, datatype, name and number', () => {
    const one = tensor([1, 2], 'FP32', [1, 2]);
    expect(same(one, tensor([1, 2], 'FP32', [1, 2]))).toBe(true);
    expect(same(one, tensor([1, 2], 'FP32', [2, 1]))).toBe(false);
    expect(same(one, tensor([1, 2], 'FP64', [1, 2]))).toBe(false);
    expect(same(one, { ...one, name: 'z' })).toBe(false);
    expect(sameOutputs([one], [one, one])).toBe(false);
    expect(sameOutputs([one], [])).toBe(false);
  });
});
