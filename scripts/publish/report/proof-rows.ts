import type { OutputError } from '../../../shared/golden/compare-outputs.js';
import { isLooser } from '../../../shared/golden/looser-tolerances.js';
import type { Tolerance } from '../../../shared/golden/tolerance.js';
import type { ProofRuntime } from '../publish-events.js';
import type { ProofRow } from './publish-report.js';

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
