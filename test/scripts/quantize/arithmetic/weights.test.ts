import { describe, expect, it } from 'vitest';
import { activationScale } from '../../../../scripts/quantize/arithmetic/activation-scale.js';
import { int4Blocks } from '../../../../scripts/quantize/arithmetic/int4-blocks.js';
import { int8PerChannel } from '../../../../scripts/quantize/arithmetic/quantize-weights.js';
import { seededRandom } from '../../../harness/random.js';

const random = seededRandom(9);
const values = (dims: number[], scale = 1) => ({
  dims,
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => (random() * 2 - 1) * scale),
});

describe('weights of 8 bits', () => {
  it.each([0, 1, 2])('are off by half a step of their own channel at most: axis %d', (axis) => {
    const weights = values([4, 5, 6], 3);
    const { data, scales } = int8PerChannel(weights, axis);
    expect(scales).toHaveLength(weights.dims[axis]!);
    for (const [at, value] of weights.data.entries()) {
      const channel = [Math.floor(at / 30), Math.floor(at / 6) % 5, at % 6][axis]!;
      expect(Math.abs(value - data[at]! * scales[channel]!)).toBeLessThanOrEqual(scales[channel]! * 0.5001);
    }
    expect(Math.max(...data.map(Math.abs))).toBe(127);
  });

  it('of a channel of zeros are zeros, and every other channel meets its largest element', () => {
    const { data, scales } = int8PerChannel({ dims: [2, 2], data: Float32Array.of(0, 0, -8, 2) }, 0);
    expect([...data, scales[0]]).toEqual([0, 0, -127, 32, 1]);
    expect(scales[1]! * 127).toBeCloseTo(8, 5);
  });
});

describe('weights of 4 bits', () => {
  it.each([[64, 3], [40, 2], [33, 1]])('in blocks are off by a step of their block at most: [%d, %d]', (k, n) => {
    const weights = values([k, n]);
    const { data, scales, blocks } = int4Blocks(weights, 32);
    expect([data.length, scales.length, blocks]).toEqual([n * blocks * 16, n * blocks, Math.ceil(k / 32)]);
    for (let row = 0; row < k; row += 1) {
      for (let column = 0; column < n; column += 1) {
        const index = column * blocks + Math.floor(row / 32);
        const byte = data[index * 16 + ((row % 32) >> 1)]!;
        const bits = row % 2 === 0 ? byte & 15 : byte >> 4;
        const restored = (bits - 8) * scales[index]!;
        expect(Math.abs(restored - weights.data[row * n + column]!)).toBeLessThanOrEqual(Math.abs(scales[index]!) * 1.0001);
      }
    }
  }); // prettier-ignore

  it('meet the element of the largest magnitude of a block exactly', () => {
    const data = new Float32Array(32);
    [data[3], data[4]] = [-5, 2.5];
    const { data: packed, scales } = int4Blocks({ dims: [32, 1], data }, 32);
    expect([(packed[1]! >> 4) - 8, (packed[2]! & 15) - 8].map((level) => level * scales[0]!)).toEqual([-5, 2.5]);
  });
});

describe('a range in 8 bits', () => {
  it.each([[-1, 3], [0, 6], [-2, 0], [-0.001, 1000]])('holds 0 exactly and its ends within a step: %d to %d', (min, max) => {
    const { scale, zero } = activationScale({ min, max });
    expect(Number.isInteger(zero) && zero >= 0 && zero <= 255).toBe(true);
    expect(Math.abs((0 - zero) * scale - min)).toBeLessThanOrEqual(scale * 0.51);
    expect(Math.abs((255 - zero) * scale - max)).toBeLessThanOrEqual(scale * 0.51);
  }); // prettier-ignore

  it('of nothing but zeros has a scale all the same', () => {
    expect(activationScale({ min: 0, max: 0 })).toEqual({ scale: 1, zero: 0 });
  });
});
