import type { Example } from '../publish/goldens/example.js';

export interface SplitExamples {
  /** What ranges are taken from. */
  readonly calibration: readonly Example[];
  /** What the result is held against: nothing was chosen with it. */
  readonly evaluation: readonly Example[];
}

/** Every third example is for evaluation, the others for calibration; a single one has to serve as both. */
export function splitExamples(examples: readonly Example[]): SplitExamples {
  if (examples.length < 2) return { calibration: examples, evaluation: examples };
  const isKept = (_: Example, at: number): boolean => at % 3 === 1;
  return {
    calibration: examples.filter((example, at) => !isKept(example, at)),
    evaluation: examples.filter(isKept),
  };
}
