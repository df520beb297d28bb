import { describe, expect, it } from 'vitest';
import { batchableSignature, bucketOf, rowsOf } from '../../../../origin/engine/batch/shape-bucket.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';

const tensor = (name: string, shape: number[], datatype: 'FP32' | 'INT8' = 'FP32'): Tensor => {
  const elements = shape.reduce((product, size) => product * size, 1);
  return { name, datatype, shape, data: datatype === 'FP32' ? new Float32Array(elements) : new Int8Array(elements) };
};

describe('a bucket', () => {
  it('is the same whatever axis 0 and the order of the inputs', () => {
    expect(bucketOf('g', [tensor('a', [1, 2]), tensor('b', [1])])).toBe(
      bucketOf('g', [tensor('b', [7]), tensor('a', [7, 2])]),
    );
  });

  it('is another for another graph, name, datatype, shape or rank', () => {
    const inputs = [
      ['g', [tensor('a', [1, 2])]],
      ['h', [tensor('a', [1, 2])]],
      ['g', [tensor('b', [1, 2])]],
      ['g', [tensor('a', [1, 2], 'INT8')]],
      ['g', [tensor('a', [1, 3])]],
      ['g', [tensor('a', [1, 2, 1])]],
      ['g', [tensor('a', [1])]],
      ['g', [tensor('a', [])]],
      ['g', [tensor('a', [1, 2]), tensor('b', [1])]],
    ] as const;
    expect(new Set(inputs.map(([graph, tensors]) => bucketOf(graph, tensors))).size).toBe(inputs.length);
  });
});

describe('the rows of an item', () => {
  it.each([
    [[[3, 2], [3]], 3],
    [[[3, 2], [2]], undefined],
    [[[3, 2], []], undefined],
    [[[0, 2]], undefined],
    [[], undefined],
  ])('of shapes %j are %s', (shapes, rows) => {
    expect(rowsOf(shapes.map((shape, at) => tensor(`${at}`, shape)))).toBe(rows);
  });
});

describe('a signature', () => {
  it.each([
    [[[-1, 2], [-1]], [[-1]], true],
    [
      [
        [-1, 2],
        [1, 2],
      ],
      [[-1]],
      false,
    ],
    [[[-1, 2]], [[]], false],
    [[[-1, 2]], [[-1], [2, -1]], false],
  ])('of inputs %j and outputs %j may be batched: %s', (inputs, outputs, expected) => {
    const specs = (shapes: number[][]) =>
      shapes.map((shape, at) => ({ name: `${at}`, datatype: 'FP32' as const, shape }));
    expect(batchableSignature({ inputs: specs(inputs), outputs: specs(outputs) })).toBe(expected);
  });
});
