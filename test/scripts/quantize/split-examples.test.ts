import { describe, expect, it } from 'vitest';
import { splitExamples } from '../../../scripts/quantize/split-examples.js';

const examples = (count: number) => Array.from({ length: count }, (_, at) => ({ from: `example ${at}`, inputs: [] }));

describe('examples for quantizing', () => {
  it.each([2, 3, 7, 30])('are for calibration or for evaluation, never both: of %d', (count) => {
    const { calibration, evaluation } = splitExamples(examples(count));
    expect(calibration.length).toBeGreaterThan(0);
    expect(evaluation.length).toBeGreaterThan(0);
    expect(new Set([...calibration, ...evaluation].map(({ from }) => from)).size).toBe(count);
    expect(calibration.length + evaluation.length).toBe(count);
  });

  it('serve as both where there is one', () => {
    const [only] = examples(1);
    expect(splitExamples(examples(1))).toEqual({ calibration: [only], evaluation: [only] });
  });
});
