import { describe, expect, it } from 'vitest';
import { errorOf, outputErrors } from '../../../../scripts/quantize/compare/output-errors.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';

const row = (name: string, ...values: number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape: [1, values.length],
  data: Float32Array.from(values),
});

describe('errors of outputs', () => {
  it('are the worst of all examples, and the noise of all together', () => {
    const pairs = [
      { expected: [row('y', 3, 4)], got: [row('y', 3, 4)] },
      { expected: [row('y', 1, 0)], got: [row('y', 0.5, 0.5)] },
    ];
    const [figures] = outputErrors(pairs);
    expect(figures?.absolute).toBe(0.5);
    expect(figures?.cosine).toBeCloseTo(Math.SQRT1_2, 6);
    expect(figures?.sqnrDb).toBeCloseTo(10 * Math.log10(26 / 0.5), 6);
    expect(errorOf(outputErrors(pairs))).toBeCloseTo(1 - Math.SQRT1_2, 6);
  });

  it('tell each output apart, and how often the largest element is the same', () => {
    const pairs = [
      { expected: [row('a', 1, 2), row('b', 1, 2)], got: [row('a', 1, 2), row('b', 2, 1)] },
      { expected: [row('a', 2, 1), row('b', 1, 2)], got: [row('a', 2, 1), row('b', 1, 2)] },
    ];
    expect(outputErrors(pairs).map(({ output, top1 }) => [output, top1])).toEqual([['a', 1], ['b', 0.5]]); // prettier-ignore
  });

  it('are none where nothing differs, and all where an output vanished', () => {
    const same = outputErrors([{ expected: [row('y', 1)], got: [row('y', 1)] }]);
    expect([errorOf(same), same[0]?.sqnrDb]).toEqual([0, null]);
    expect(errorOf(outputErrors([{ expected: [row('y', 1, 2)], got: [row('y', 0, 0)] }]))).toBe(1);
    expect(errorOf(outputErrors([{ expected: [row('y', 1, 2)], got: [] }]))).toBe(1);
  });
});
