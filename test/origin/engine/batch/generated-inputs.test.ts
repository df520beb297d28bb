import { describe, expect, it } from 'vitest';
import { generatedElementsMax, warmUpInputs } from '../../../../origin/engine/batch/generated-inputs.js';
import { type Datatype, datatypes } from '../../../../shared/protocol/datatype.js';
import { numberFromHalf } from '../../../../shared/protocol/fp16.js';
import type { Signature, Tensor } from '../../../../shared/protocol/tensor.js';
import { seededRandom } from '../../../harness/random.js';

const signature = (datatype: Datatype, ...shapes: number[][]): Signature => ({
  inputs: shapes.map((shape, at) => ({ name: `x${at}`, datatype, shape })),
  outputs: [{ name: 'y', datatype, shape: [-1] }],
});
const rowsIn = ({ shape, data }: Tensor): string[] => {
  const elements = data.length / (shape[0] ?? 1);
  return Array.from({ length: shape[0] ?? 1 }, (_, row) =>
    Array.from<unknown>(data as Iterable<unknown>)
      .slice(row * elements, (row + 1) * elements)
      .join(),
  );
};

describe('generated inputs', () => {
  it.each(datatypes)('of %s are plausible, unlike each other, and the same for the same seed', (datatype) => {
    const make = (seed: number) => warmUpInputs(signature(datatype, [-1, 3, 4]), {}, 64, seededRandom(seed));
    const [input] = make(1) ?? [];
    expect(input).toMatchObject({ name: 'x0', datatype, shape: [64, 3, 4] });
    expect(input?.data.length).toBe(768);
    expect(new Set(rowsIn(input!)).size).toBe(64);
    if (datatype !== 'BYTES') {
      const isFloat = datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64';
      const values = Array.from(input!.data as Iterable<unknown>, (value) =>
        datatype === 'FP16' ? numberFromHalf(Number(value)) : Number(value),
      );
      expect(values.every((value) => value >= 0 && value <= 1 && (isFloat || Number.isInteger(value)))).toBe(true);
      expect(new Set(values).size).toBeGreaterThan(isFloat ? 100 : 1);
    }
    expect(make(1)).toEqual(make(1));
    expect(make(2)).not.toEqual(make(1));
  });

  it('have the rows asked for where axis 0 is dynamic, and the shapes given elsewhere', () => {
    const made = warmUpInputs(
      signature('FP32', [-1, 3, -1], [-1], [2, -1], []),
      { x0: [3, 8], x2: [5] },
      4,
      Math.random,
    );
    expect(made?.map(({ shape }) => shape)).toEqual([[4, 3, 8], [4], [2, 5], []]);
    expect(made?.map(({ data }) => data.length)).toEqual([96, 4, 10, 1]);
  });

  it.each([
    ['a dynamic axis and no shape', [-1, -1], {}],
    ['a shape of another rank', [-1, -1], { x0: [1, 2] }],
    ['a shape that is not the fixed one', [-1, 3], { x0: [4] }],
    ['a shape for what has none', [], { x0: [4] }],
    ['more elements than is sensible', [-1, -1], { x0: [generatedElementsMax] }],
  ])('are none for %s', (_, shape, shapes) => {
    expect(warmUpInputs(signature('FP32', shape), shapes, 2, seededRandom(1))).toBeUndefined();
  });
});
