import type { OutputError } from '../../../shared/golden/compare-outputs.js';
import type { Tolerance } from '../../../shared/golden/tolerance.js';

/** How near one output of an artifact comes to the goldens, over all of them, on one runtime. */
export interface ProofRow {
  readonly graph: string;
  readonly runtime: 'native' | 'workerd';
  readonly output: string;
  /** How many it was held against. */
  readonly goldens: number;
  /** The worst over all goldens. */
  readonly absolute: number;
  readonly relative: number;
  /** Null: the output is not of floats, or nothing can be said. */
  readonly cosine: number | null;
  readonly top1: number | null;
  readonly within: boolean;
  readonly tolerance: Tolerance;
}

/** One row for each output; `errors` has the outputs of each golden. */
export function proofRows(
  graph: string,
  runtime: ProofRow['runtime'],
  errors: readonly (readonly OutputError[])[],
): ProofRow[] {
  const rows = new Map<string, ProofRow>();
  for (const { output, absolute, relative, cosine, top1, within, tolerance } of errors.flat()) {
    const row = rows.get(output);
    rows.set(output, {
      graph,
      runtime,
      output,
      goldens: (row?.goldens ?? 0) + 1,
      absolute: Math.max(row?.absolute ?? 0, absolute),
      relative: Math.max(row?.relative ?? 0, relative),
      cosine: row === undefined ? cosine : least(row.cosine, cosine),
      top1: row === undefined ? top1 : least(row.top1, top1),
      within: (row?.within ?? true) && within,
      tolerance,
    });
  }
  return [...rows.values()];
}

const least = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);
