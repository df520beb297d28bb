import { compareOutputs } from '../../../shared/golden/compare-outputs.js';
import type { Golden } from '../../../shared/golden/golden.js';
import type { Tolerance } from '../../../shared/golden/tolerance.js';
import { outputsOf } from '../first-run.js';
import { quotedName } from '../graph/refused-graph.js';
import { PublishError } from '../publish-error.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from '../throw-away-runner.js';
import { withChangedWeight } from './change-weight.js';
import { timeForRuns } from './time-for-runs.js';
import { findWeights } from './find-weights.js';

export interface BlindOptions extends InspectOptions {
  readonly tolerances?: Readonly<Record<string, Tolerance>> | undefined;
}

/** For whoever publishes. */
export interface NotBlind {
  /** The weight whose change the goldens notice; null: there is nothing to be noticed. */
  readonly noticed: string | null;
  /** Larger ones that were changed before it and that no golden noticed. */
  readonly unnoticed: readonly string[];
  readonly why: string;
}

/** Weights that are changed, one after the other, until one is noticed: what one process takes is what most take. */
const triesMax = 6;

/**
 * Changes a weight of a graph and runs its goldens: one of them has to notice. The largest weights are tried first. Throws
 * PublishError `blind-golden` when none of those tried is noticed. A graph without weights passes.
 */
export async function checkNotBlind(
  name: string,
  artifact: GraphBytes,
  goldens: readonly Golden[],
  options: BlindOptions,
): Promise<NotBlind> {
  if (goldens.length === 0) return { noticed: null, unnoticed: [], why: 'it has no goldens' };
  const weights = findWeights(artifact.model).sort((a, b) => b.end - b.start - (a.end - a.start));
  if (weights.length === 0) return { noticed: null, unnoticed: [], why: 'it has no weights' };
  const unnoticed: string[] = [];
  for (const weight of weights.slice(0, triesMax)) {
    const called = quotedName(weight.name);
    if (await notices(name, withChangedWeight(artifact, weight), goldens, options)) {
      return { noticed: weight.name, unnoticed, why: `its goldens notice when ${called} is changed` };
    }
    unnoticed.push(called);
  }
  const text = `the goldens of graph "${name}" (${artifact.file}) are blind: no output is out of its tolerance when a weight is changed (tried ${unnoticed.join(', ')})`; // prettier-ignore
  throw new PublishError('blind-golden', `${text}: give examples that reach the weights (--examples), or tighten the tolerances`); // prettier-ignore
}

/** A run that is refused is noticed too. A graph that cannot be loaded so tells nothing of its goldens. */
async function notices(
  name: string,
  changed: GraphBytes,
  goldens: readonly Golden[],
  options: BlindOptions,
): Promise<boolean> {
  try {
    return await throwAwayRunner(name, changed, timeForRuns(options, changed, goldens.length), async (loaded) => {
      for (const { inputs, outputs } of goldens) {
        const got = await outputsOf(name, loaded, inputs);
        if (got === undefined) return true;
        if (compareOutputs(outputs, got, options.tolerances).some(({ within }) => !within)) return true;
      }
      return false;
    });
  } catch (error) {
    if (error instanceof PublishError && error.code === 'unreadable-graph') return false;
    throw error;
  }
}
