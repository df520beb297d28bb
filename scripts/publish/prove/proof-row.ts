import type { OutputError } from '../../../shared/golden/compare-outputs.js';
import { isLooser } from '../../../shared/golden/looser-tolerances.js';
import type { Tolerance } from '../../../shared/golden/tolerance.js';
import type { ProofRuntime } from '../publish-events.js';

/** How far an output of what is stored was from the goldens, in one runtime: the worst of all goldens. */
export interface ProofRow {
  readonly graph: string;
  readonly runtime: ProofRuntime;
  readonly output: string;
  /** How many it was held against. */
  readonly goldens: number;
  /** Null: no number says how far (texts, another shape). */
  readonly absolute: number | null;
  readonly relative: number | null;
  /** Null: it has none (integers, all zeros). */
  readonly cosine: number | null;
  readonly top1: number | null;
  readonly tolerance: Tolerance;
  readonly within: boolean;
  /** The tolerance lets pass what the default would not. */
  readonly looser: boolean;
}

/** The errors of every golden of a graph in one runtime → a row for each output, with the worst of each figure. */
export function proofRows(
  graph: string,
  runtime: ProofRuntime,
  byGolden: readonly (readonly OutputError[])[],
): ProofRow[] {
  const all = byGolden.flat();
  return [...new Set(all.map(({ output }) => output))].map((output) => {
    const errors = all.filter((error) => error.output === output);
    const tolerance: Tolerance = errors[0]?.tolerance ?? {};
    return {
      graph,
      runtime,
      output,
      goldens: errors.length,
      absolute: largest(errors.map(({ absolute }) => absolute)),
      relative: largest(errors.map(({ relative }) => relative)),
      cosine: smallest(errors.map(({ cosine }) => cosine)),
      top1: smallest(errors.map(({ top1 }) => top1)),
      tolerance,
      within: errors.every(({ within }) => within),
      looser: isLooser(tolerance),
    };
  });
}

/** JSON has no infinity: null. */
function largest(figures: readonly number[]): number | null {
  const most = Math.max(...figures);
  return Number.isFinite(most) ? most : null;
}

function smallest(figures: readonly (number | null)[]): number | null {
  const known = figures.filter((figure) => figure !== null);
  return known.length === 0 ? null : Math.min(...known);
}
