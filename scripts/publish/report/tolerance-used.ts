import type { ProofRow } from '../prove/proof-row.js';

/** From this share of its tolerance on an output is worth a word. */
export const nearShare = 0.5;

/**
 * How much of its tolerance an output uses: 0 for none, 1 for all of it, more where it is over. Of several bounds the one
 * that is used most; of absolute and relative the kinder one. An upper bound: the worst of each figure may be of
 * different elements.
 */
export function toleranceUsed({ absolute, relative, cosine, top1, tolerance, within }: ProofRow): number {
  const elements = [
    ...(tolerance.absolute === undefined ? [] : [share(absolute ?? Infinity, tolerance.absolute)]),
    ...(tolerance.relative === undefined ? [] : [share(relative ?? Infinity, tolerance.relative)]),
  ];
  const used = Math.max(
    elements.length === 0 ? 0 : Math.min(...elements),
    tolerance.cosine === undefined ? 0 : share(1 - (cosine ?? 1), 1 - tolerance.cosine),
    tolerance.top1 === undefined ? 0 : share(1 - (top1 ?? 1), 1 - tolerance.top1),
  );
  return within ? Math.min(used, 1) : Math.max(used, 1);
}

function share(error: number, bound: number): number {
  if (error <= 0) return 0;
  return bound === 0 ? Infinity : error / bound;
}
