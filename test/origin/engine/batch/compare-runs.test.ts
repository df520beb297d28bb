import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../../../origin/engine/batch/compare-runs.js';
import { fixedLayouts, type FixedDatatype } from '../../../../shared/protocol/datatype.js';
import { halfFromNumber } from '../../../../shared/protocol/fp16.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';

const text = (data: string): Tensor => ({ name: 'y', datatype: 'BYTES', shape: [1], data: [data] });

type Graph = (inputs: readonly number[]) => number[];

const tensor = (values: readonly number[], datatype: FixedDatatype = 'FP32', shape = [values.length]): Tensor => {
  const layout = fixedLayouts[datatype];
  const data = new layout.array(new ArrayBuffer(values.length * layout.bytes), 0, values.length);
  values.forEach((value, at) => {
    data[at] = datatype === 'FP16' ? halfFromNumber(value) : data instanceof BigInt64Array ? BigInt(value) : value;
  });
  return { name: 'y', datatype, shape, data };
};

/** Two items of one row or more through a graph that gives as many values as it takes. */
function verdict(graph: Graph, one: readonly number[], two: readonly number[]): string {
  const together = graph([...one, ...two]);
  return compareRuns(
    [[tensor(graph(one))], [tensor(graph(two))]],
    [[tensor(together.slice(0, one.length))], [tensor(together.slice(one.length))]],
    [[tensor(one)], [tensor(two)]],
  );
}

const double: Graph = (values) => values.map((value) => 2 * value);
const mean: Graph = (values) => values.map(() => values.reduce((sum, value) => sum + value, 0) / values.length);
const reversed: Graph = (values) => values.toReversed();
const cumulative: Graph = (values) => values.map((_, at) => values.slice(0, at + 1).reduce((sum, x) => sum + x, 0));

describe('two items alone and together', () => {
  it('are independent when each gets its own answer either way', () => {
    expect(verdict(double, [1], [2])).toBe('independent');
    expect(verdict(double, [1, 2, 3], [4])).toBe('independent');
  });

  it.each([
    ['the mean over axis 0', mean],
    ['the rows in another order', reversed],
    ['the sum of the rows so far', cumulative],
  ])('are no batch when the graph gives %s', (_, graph) => {
    expect(verdict(graph, [1], [2])).toBe('not-a-batch');
    expect(verdict(graph, [1, 5], [2, 3])).toBe('not-a-batch');
  });

  it('tell nothing when they are alike', () => {
    expect(verdict(mean, [3], [3])).toBe('inconclusive');
    expect(verdict(mean, [1, 2], [1, 2])).toBe('inconclusive');
    expect(verdict(double, [3], [3])).toBe('inconclusive');
    expect(verdict(mean, [3], [3, 3])).toBe('inconclusive');
  });

  it('tell nothing when their answers are, even if they are not', () => {
    expect(verdict(mean, [0.0005], [0.0009])).toBe('inconclusive');
    expect(verdict(() => [1, 1], [3], [4])).toBe('not-a-batch'); // more came back alone than went in
    expect(verdict((values) => values.map(() => 1), [3], [4])).toBe('inconclusive');
  });
});

/** The verdict on a first item's answers, the second's being right and unlike. */
function compared(alone: Tensor, together: Tensor): string {
  const right = alone.datatype === 'BYTES' ? text('right') : tensor([77], alone.datatype);
  const inputs = [[tensor(new Array<number>(alone.shape[0] ?? 1).fill(0))], [tensor([0])]];
  return compareRuns([[alone], [right]], [[together], [right]], inputs);
}

describe('elements', () => {
  it('that are floats may be a thousandth apart, absolutely or of their size', () => {
    for (const datatype of ['FP32', 'FP64', 'FP16'] as const) {
      expect(compared(tensor([0.5], datatype), tensor([0.5005], datatype))).toBe('independent');
      expect(compared(tensor([0.5], datatype), tensor([0.503], datatype))).toBe('not-a-batch');
      expect(compared(tensor([1_000], datatype), tensor([1_001], datatype))).toBe('independent');
      expect(compared(tensor([1_000], datatype), tensor([1_003], datatype))).toBe('not-a-batch');
    }
  });

  it('that are not finite are the same or not', () => {
    for (const [one, other, same] of [
      [NaN, NaN, true],
      [Infinity, Infinity, true],
      [Infinity, -Infinity, false],
      [Infinity, 5, false],
      [5, Infinity, false],
      [NaN, 0, false],
      [0, -0, true],
    ] as const) {
      for (const datatype of ['FP32', 'FP64', 'FP16'] as const) {
        const expected = same ? 'independent' : 'not-a-batch';
        expect(compared(tensor([one], datatype), tensor([other], datatype)), `${one} ${other}`).toBe(expected);
      }
    }
  });

  it('that are integers, BOOL or texts are the same exactly', () => {
    for (const datatype of ['BOOL', 'INT8', 'UINT32', 'INT64'] as const) {
      expect(compared(tensor([1], datatype), tensor([1], datatype))).toBe('independent');
      expect(compared(tensor([1], datatype), tensor([0], datatype))).toBe('not-a-batch');
    }
    expect(compared(text('a'), text('a'))).toBe('independent');
    expect(compared(text('a'), text('b'))).toBe('not-a-batch');
  });

  it('are no batch in another shape, datatype, count or under another name', () => {
    const one = tensor([1, 2], 'FP32', [1, 2]);
    expect(compared(one, tensor([1, 2], 'FP32', [1, 2]))).toBe('independent');
    expect(compared(one, tensor([1, 2], 'FP32', [2, 1]))).toBe('not-a-batch');
    expect(compared(one, tensor([1, 2], 'FP64', [1, 2]))).toBe('not-a-batch');
    expect(compared(one, { ...one, name: 'z' })).toBe('not-a-batch');
    expect(compared(tensor([1, 2], 'FP32', [2, 1]), tensor([1, 2], 'FP32', [2, 1]))).toBe('independent');
    expect(compareRuns([[one], [one]], [[one]], [[one], [one]])).toBe('not-a-batch');
  });
});
