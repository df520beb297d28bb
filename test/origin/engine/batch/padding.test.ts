import { describe, expect, it } from 'vitest';
import { checkPadding } from '../../../../origin/engine/batch/check-padding.js';
import { cutOutputs, padInputs, paddedElementsMax } from '../../../../origin/engine/batch/padding.js';
import { bucketOf } from '../../../../origin/engine/batch/shape-bucket.js';
import { type Padding, paddingSchema } from '../../../../shared/manifest/manifest.js';
import { datatypes, fixedLayouts, type TensorData } from '../../../../shared/protocol/datatype.js';
import { halfFromNumber } from '../../../../shared/protocol/fp16.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';
import { integerBelow, seededRandom } from '../../../harness/random.js';

const padding = (more: Partial<Padding> = {}): Padding =>
  paddingSchema.parse({ input: 'x', axis: 1, multipleOf: 4, ...more });
const floats = (shape: number[], data: readonly number[], name = 'x'): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(data),
});

describe('padding', () => {
  it('fills an axis up to the next multiple with the value', () => {
    const { inputs } = padInputs([floats([2, 3], [1, 2, 3, 4, 5, 6])], [padding({ value: -1 })]);
    expect(inputs).toEqual([floats([2, 4], [1, 2, 3, -1, 4, 5, 6, -1])]);
  });

  it('fills an axis in the middle, and several', () => {
    const { inputs } = padInputs(
      [floats([1, 1, 3, 2], [1, 2, 3, 4, 5, 6])],
      [padding({ axis: 2 }), padding({ axis: 3, multipleOf: 3, value: 9 })],
    );
    expect(inputs).toEqual([floats([1, 1, 4, 3], [1, 2, 9, 3, 4, 9, 5, 6, 9, 0, 0, 9])]);
  });

  it('puts inputs of different sizes into one bucket', () => {
    const buckets = [5, 7, 8].map((size) =>
      bucketOf('g', padInputs([floats([1, size], new Array<number>(size).fill(1))], [padding()]).inputs),
    );
    expect(new Set(buckets).size).toBe(1);
  });

  it('touches nothing that is a multiple already, and no other input', () => {
    const inputs = [floats([1, 4], [1, 2, 3, 4]), floats([1, 3], [1, 2, 3], 'z')];
    const padded = padInputs(inputs, [
      padding({ outputs: { y: { axis: 1, scale: 1 } } }),
      padding({ input: 'absent' }),
    ]);
    expect(padded.inputs[0]).toBe(inputs[0]);
    expect(padded.inputs[1]).toBe(inputs[1]);
    expect(padded.cuts).toEqual([]);
  });

  it.each(datatypes.filter((datatype) => datatype !== 'BYTES'))('holds for %s', (datatype) => {
    const layout = fixedLayouts[datatype];
    const of = (...values: number[]): TensorData => {
      const data = new layout.array(new ArrayBuffer(values.length * layout.bytes), 0, values.length);
      const big = data instanceof BigInt64Array || data instanceof BigUint64Array;
      values.forEach(
        (value, at) => (data[at] = big ? BigInt(value) : datatype === 'FP16' ? halfFromNumber(value) : value),
      );
      return data;
    };
    const input = { name: 'x', datatype, shape: [1, 3], data: of(1, 0, 1) };
    expect(padInputs([input], [padding({ value: 1 })]).inputs).toEqual([
      { name: 'x', datatype, shape: [1, 4], data: of(1, 0, 1, 1) },
    ]);
  });

  it('is refused for texts, and for what would become too large', () => {
    const texts: Tensor = { name: 'x', datatype: 'BYTES', shape: [1, 1], data: ['a'] };
    expect(() => padInputs([texts], [padding()])).toThrow(expect.objectContaining({ code: 'invalid-manifest' }));
    const wide = floats([1, 1, 4_096], new Array<number>(4_096).fill(1));
    const message = `expected input x to have at most ${paddedElementsMax} elements when padded, got ${2 ** 28}`;
    expect(() => padInputs([wide], [padding({ multipleOf: 65_536 })])).toThrow(
      expect.objectContaining({ code: 'tensor-too-large', message }),
    );
  });
});

describe('cutting', () => {
  it.each([
    [5, 1, 5],
    [5, 0.25, 2],
    [100, 1.1, 110],
    [30, 0.1, 3],
    [5, 2, 10],
  ])('leaves of size %i at scale %f %i elements', (size, scale, expected) => {
    const { cuts } = padInputs(
      [floats([1, size], new Array<number>(size).fill(0))],
      [padding({ multipleOf: 128, outputs: { y: { axis: 1, scale } } })],
    );
    expect(cuts).toEqual([{ output: 'y', axis: 1, size: expected }]);
  });

  it('cuts outputs in the middle, several axes of one, and texts', () => {
    const cuts = [
      { output: 'y', axis: 1, size: 2 },
      { output: 'y', axis: 2, size: 1 },
    ];
    const y = floats([2, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 'y');
    const texts: Tensor = { name: 'y', datatype: 'BYTES', shape: [2, 3, 2], data: Array.from(y.data, String) };
    const other = floats([1, 3], [1, 2, 3], 'z');
    expect(cutOutputs([y, other], cuts)).toEqual([floats([2, 2, 1], [1, 3, 7, 9], 'y'), other]);
    expect(cutOutputs([texts], cuts)).toEqual([{ ...texts, shape: [2, 2, 1], data: ['1', '3', '7', '9'] }]);
  });

  it('leaves alone what is not longer, or has no such axis', () => {
    const outputs = [floats([1, 2], [1, 2], 'y'), floats([2], [1, 2], 'z')];
    const cuts = [
      { output: 'y', axis: 1, size: 2 },
      { output: 'z', axis: 1, size: 1 },
    ];
    expect(cutOutputs(outputs, cuts)).toEqual(outputs);
  });

  it('keeps the longest of what several inputs ask for', () => {
    const cut = { y: { axis: 1, scale: 1 } };
    const inputs = [floats([1, 3], [1, 2, 3]), floats([1, 2], [1, 2], 'z')];
    const { cuts } = padInputs(inputs, [padding({ outputs: cut }), padding({ input: 'z', outputs: cut })]);
    expect(cuts).toEqual([{ output: 'y', axis: 1, size: 3 }]);
  });

  it.each([1, 2, 3])('undoes what padding has done (seed %i)', (seed) => {
    const random = seededRandom(seed);
    for (let round = 0; round < 200; round++) {
      const shape = Array.from({ length: 1 + 1 + integerBelow(random, 3) }, () => 1 + integerBelow(random, 6));
      const input = floats(
        shape,
        Array.from({ length: shape.reduce((a, b) => a * b) }, () => random()),
      );
      const paddings = shape.slice(1).map((_, at) => {
        const axis = at + 1;
        return padding({ axis, multipleOf: 2 + integerBelow(random, 5), outputs: { x: { axis, scale: 1 } } });
      });
      const padded = padInputs([input], paddings);
      expect(cutOutputs(padded.inputs, padded.cuts)).toEqual([input]);
    }
  });
});

describe('what a version declares', () => {
  const signature = {
    inputs: [
      { name: 'x', datatype: 'FP32' as const, shape: [-1, 3, -1] },
      { name: 'n', datatype: 'UINT8' as const, shape: [-1, -1] },
      { name: 't', datatype: 'BYTES' as const, shape: [-1, -1] },
    ],
    outputs: [{ name: 'y', datatype: 'FP32' as const, shape: [-1, -1] }],
  };

  it('may be done with its signature', () => {
    const good = [
      padding({ axis: 2, value: 0.5, outputs: { y: { axis: 1, scale: 1 } } }),
      padding({ input: 'n', value: 255 }),
    ];
    expect(() => checkPadding(good, signature)).not.toThrow();
  });

  it.each([
    [{ input: 'absent' }, 'an input absent with a dynamic axis 1 to pad, got none of that name'],
    [{ axis: 1 }, 'an input x with a dynamic axis 1 to pad, got shape [-1, 3, -1]'],
    [{ axis: 3 }, 'an input x with a dynamic axis 3'],
    [{ input: 't' }, 'padding of numbers'],
    [{ input: 'n', value: 256 }, 'a padding value that UINT8 can hold, got 256'],
    [{ input: 'n', value: 0.5 }, 'a padding value that UINT8 can hold, got 0.5'],
    [{ axis: 2, outputs: { z: { axis: 1, scale: 1 } } }, 'an output z'],
    [{ axis: 2, outputs: { y: { axis: 2, scale: 1 } } }, 'an output y with a dynamic axis 2'],
  ])('is refused as %j', (more, message) => {
    const expected = { code: 'invalid-manifest', message: expect.stringContaining(message) as string };
    expect(() => checkPadding([padding(more)], signature)).toThrow(expect.objectContaining(expected));
  });
});
