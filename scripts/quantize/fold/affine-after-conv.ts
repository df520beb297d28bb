import type { GraphScope } from '../graph/graph-scope.js';
import { affineOf } from './affine.js';
import { foldAfter } from './convolution.js';

/** A convolution, then x · c, x / c, x + c, x − c or c − x with a constant for all or for each channel: it goes into the weights. */
export function foldAffineAfterConv(scope: GraphScope): number {
  return foldAfter(scope, (next, conv) => affineOf(scope, next, conv));
}
