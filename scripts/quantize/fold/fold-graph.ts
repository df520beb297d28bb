import type { EditableModel } from '../graph/editable-model.js';
import type { GraphScope } from '../graph/graph-scope.js';
import { foldAffineAfterConv, foldAffineBeforeConv } from './affine-conv.js';
import { foldHardSwish } from './hard-swish.js';

/** How often each fold was done, by its name. */
export type FoldReport = Readonly<Record<string, number>>;

const folds: Readonly<Record<string, (scope: GraphScope) => number>> = {
  'hard-swish': foldHardSwish,
  'affine after Conv': foldAffineAfterConv,
  'affine before Conv': foldAffineBeforeConv,
};

/** Writes what a graph computes with fewer nodes; its answers stay, up to the rounding of floats. */
export function foldGraph({ main }: EditableModel): FoldReport {
  const counts = Object.entries(folds).map(([name, fold]) => [name, main.all.reduce((sum, scope) => sum + fold(scope), 0)] as const); // prettier-ignore
  return Object.fromEntries(counts);
}
