import type { EditableModel } from '../graph/editable-model.js';
import type { GraphScope } from '../graph/graph-scope.js';
import { foldAffineAfterConv } from './affine-after-conv.js';
import { foldAffineBeforeConv } from './affine-before-conv.js';
import { foldBatchNorm } from './batch-norm.js';
import { removeDeadNodes } from './dead-nodes.js';
import { foldHardSigmoid } from './hard-sigmoid.js';
import { foldHardSwish } from './hard-swish.js';
import { mergeScalars } from './merge-scalars.js';

/** How often each fold was done, by its name. */
export type FoldReport = Readonly<Record<string, number>>;

type Fold = readonly [name: string, fold: (scope: GraphScope) => number];

/** In this order: a scalar that belongs to a hard-swish is not merged with another before it. */
const folds: readonly Fold[] = [
  ['hard-swish', foldHardSwish],
  ['hard-sigmoid', foldHardSigmoid],
  ['batch norm after Conv', foldBatchNorm],
  ['affine after Conv', foldAffineAfterConv],
  ['affine before Conv', foldAffineBeforeConv],
  ['scalars merged', mergeScalars],
  ['dead nodes', removeDeadNodes],
];

/**
 * Writes what a graph computes with fewer nodes; its answers stay, up to the rounding of floats. Goes round until nothing
 * folds any more, as one fold makes room for another; each takes nodes away, so that this ends.
 */
export function foldGraph({ main }: EditableModel): FoldReport {
  const counts = new Map(folds.map(([name]) => [name, 0]));
  for (let again = true; again;) {
    again = false;
    for (const [name, fold] of folds) {
      // Branches first: what they no longer take may be dead around them.
      const count = main.all.toReversed().reduce((sum, scope) => sum + fold(scope), 0);
      counts.set(name, (counts.get(name) ?? 0) + count);
      again ||= count > 0;
    }
  }
  return Object.fromEntries(counts);
}
