import { describe, expect, it } from 'vitest';
import { BatchAxisBroken, joinInputs, splitOutputs } from '../../../../origin/engine/batch/join.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';

const floats = (name: string, shape: number[], ...values: number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});
const texts = (name: string, shape: number[], ...data: string[]): Tensor => ({ name, datatype: 'BYTES', shape, data });

describe('joining', () => {
  it('puts the parts one after the other without copying, by name', () => {
    const [a1, b1] = [floats('a', [1, 2], 1, 2), texts('b', [1], 'x')];
    const [a2, b2] = [floats('a', [2, 2], 3, 4, 5, 6), texts('b', [2], 'y', 'z')];
    const [a, b] = joinInputs([
      [a1, b1],
      [b2, a2],
    ]);
    expect(a).toMatchObject({ name: 'a', datatype: 'FP32', shape: [3, 2] });
    expect(b).toMatchObject({ name: 'b', datatype: 'BYTES', shape: [3] });
    expect(a?.parts.map((part) => [a1.data, a2.data].indexOf(part))).toEqual([0, 1]);
    expect(b?.parts.map((part) => [b1.data, b2.data].indexOf(part))).toEqual([0, 1]);
  });

  it('leaves a single item as it is, also one without an axis 0', () => {
    expect(joinInputs([[floats('a', [], 1)]])).toMatchObject([{ shape: [], parts: [Float32Array.of(1)] }]);
  });

  it('refuses items that are not of one bucket', () => {
    expect(() => joinInputs([[floats('a', [1], 1)], [floats('b', [1], 1)]])).toThrow('one bucket');
  });
});

describe('splitting', () => {
  it('gives each item its rows of every output, as views', () => {
    const outputs = [floats('a', [3, 2], 1, 2, 3, 4, 5, 6), texts('b', [3, 1], 'x', 'y', 'z')];
    const split = splitOutputs(outputs, [1, 2]);
    expect(split).toEqual([
      [floats('a', [1, 2], 1, 2), texts('b', [1, 1], 'x')],
      [floats('a', [2, 2], 3, 4, 5, 6), texts('b', [2, 1], 'y', 'z')],
    ]);
    const buffers = split.map(([a]) => (a?.data as Float32Array).buffer);
    expect(buffers.every((buffer) => buffer === (outputs[0]?.data as Float32Array).buffer)).toBe(true);
  });

  it('leaves the outputs of a single item as they are, whatever their shape', () => {
    expect(splitOutputs([floats('mean', [], 1)], [5])).toEqual([[floats('mean', [], 1)]]);
  });

  it.each([
    ['of another count', floats('a', [2, 1], 1, 2)],
    ['of no axis', floats('a', [], 1)],
    ['whose data is shorter than its shape', floats('a', [3, 2], 1, 2, 3)],
  ])('refuses outputs %s', (_, output) => {
    expect(() => splitOutputs([output], [1, 2])).toThrow(BatchAxisBroken);
  });
});
