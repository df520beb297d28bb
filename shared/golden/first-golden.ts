import { BrinkError } from '../errors/brink-error.js';
import type { BlobRef, GraphEntry } from '../manifest/manifest.js';
import { goldenBytesMax } from './golden-head.js';

/** The golden that every session of a graph runs before anything else; undefined where there is none. Throws `artifact-corrupt` for one that is larger than goldens are. */
export function firstGolden({ goldens }: GraphEntry): BlobRef | undefined {
  const golden = goldens?.[0];
  if (golden === undefined || golden.bytes <= goldenBytesMax) return golden;
  throw new BrinkError(
    'artifact-corrupt',
    `expected a golden of at most ${goldenBytesMax} bytes, the manifest names one of ${golden.bytes}`,
  );
}
