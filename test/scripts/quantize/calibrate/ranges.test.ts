import { describe, expect, it } from 'vitest';
import { chooseRange } from '../../../../scripts/quantize/calibrate/choose-range.js';
import { collectRanges } from '../../../../scripts/quantize/calibrate/collect-ranges.js';
import { Histogram } from '../../../../scripts/quantize/calibrate/histogram.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';
import { asGraph } from '../../../harness/as-graph.js';
import { GraphBuilder } from '../../../harness/graph-builder.js';
import { spec } from '../../../harness/onnx.js';
import { seededRandom } from '../../../harness/random.js';

function histogramOf(...pieces: number[][]): Histogram {
  const histogram = new Histogram();
  for (const piece of pieces) histogram.add(piece);
  return histogram;
}
const random = seededRandom(4);
/** Nearly normal: a sum of uniforms. */
const normal = (count: number): number[] => Array.from({ length: count }, () => Array.from({ length: 12 }, random).reduce((a, b) => a + b, -6)); // prettier-ignore

describe('a histogram', () => {
  it('counts everything, however far later values reach', () => {
    const histogram = histogramOf([0.1, 0.2, -0.3], [100], [-5_000, 0.1]);
    const entries = [...histogram.entries()];
    expect(entries.reduce((sum, [, count]) => sum + count, 0)).toBe(6);
    expect([histogram.min, histogram.max]).toEqual([-5_000, 100]);
    const width = (2 * 8_192) / 4_096;
    expect(entries.every(([value]) => [0.1, 0.2, -0.3, 100, -5_000].some((seen) => Math.abs(seen - value) <= width))).toBe(true); // prettier-ignore
  });

  it.each([NaN, Infinity, -Infinity])('refuses %d', (value) => {
    expect(() => histogramOf([1, value])).toThrow(/expected finite values/);
  });
});

describe('a range', () => {
  it('holds 0, whatever was seen', () => {
    for (const method of ['min-max', 'percentile', 'mse'] as const) {
      for (const seen of [
        [2, 3, 4],
        [-4, -3],
        [0, 0],
      ]) {
        const { min, max } = chooseRange(histogramOf(seen), method);
        expect([min <= 0, max >= 0]).toEqual([true, true]);
      }
    }
  });

  it('is all that was seen by min-max, and leaves rare outliers out by the others', () => {
    const histogram = histogramOf(normal(50_000), [400]);
    const whole = chooseRange(histogram, 'min-max');
    expect(whole.max).toBe(400);
    expect(chooseRange(histogram, 'percentile').max).toBeLessThan(10);
    expect(chooseRange(histogramOf(normal(50_000), [40]), 'mse').max).toBeLessThan(40);
    expect(chooseRange(histogramOf(Array.from({ length: 1_000 }, (_, at) => at / 1_000)), 'mse').max).toBeCloseTo(0.999, 5); // prettier-ignore
  });
});

describe('calibration', () => {
  const graph = new GraphBuilder(1);
  const doubled = graph.add('Mul', ['x', graph.scalar(2)], [], 'doubled');
  graph.add('Log', [doubled], [], 'y');
  const source = asGraph(graph.model([spec('x', 'FP32', [-1])], [spec('y', 'FP32', [-1])]));
  const x = (...values: number[]): Tensor[] => [{ name: 'x', datatype: 'FP32', shape: [values.length], data: Float32Array.from(values) }]; // prettier-ignore

  it('sees inputs, what is in between, and outputs, over all examples', async () => {
    const ranges = await collectRanges(source, ['x', 'doubled', 'y'], [x(1, 2), x(0.5)], 'min-max');
    expect(ranges.get('x')).toEqual({ min: 0, max: 2 });
    expect(ranges.get('doubled')).toEqual({ min: 0, max: 4 });
    expect(ranges.get('y')?.max).toBeCloseTo(Math.log(4), 6);
  });

  it('names the value that no range holds', async () => {
    await expect(collectRanges(source, ['doubled', 'y'], [x(0)], 'min-max')).rejects.toMatchObject({
      code: 'bad-examples',
      message: expect.stringMatching(/value "y".*expected finite values, got -Infinity/) as string,
    });
  });
});
