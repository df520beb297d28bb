import type { Manifest } from '../manifest/manifest.js';
import { exactTolerance, quantizedTolerance, type Tolerance } from './tolerance.js';
import { toleranceText } from './tolerance-text.js';

/**
 * Whether a tolerance lets pass what `usual` would not. Bounds of another kind cannot be held against each other: a
 * cosine in place of a bound on elements is looser, however near to 1.
 */
export function isLooser(tolerance: Tolerance, usual: Tolerance = exactTolerance): boolean {
  const looserBy = (bound: 'cosine' | 'top1'): boolean =>
    usual[bound] !== undefined && !((tolerance[bound] ?? -1) >= usual[bound]);
  return looserElements(tolerance, usual) || looserBy('cosine') || looserBy('top1');
}

/** An element passes by the kinder of the two bounds: neither may be above its counterpart. */
function looserElements({ absolute, relative }: Tolerance, usual: Tolerance): boolean {
  if (usual.absolute === undefined && usual.relative === undefined) return false;
  if (absolute === undefined && relative === undefined) return true;
  return (absolute ?? 0) > (usual.absolute ?? 0) || (relative ?? 0) > (usual.relative ?? 0);
}

/** The outputs of a version that are held to less than the default: `main.probabilities: cosine 0.95`. */
export const looserTolerances = ({ graphs }: Pick<Manifest, 'graphs'>): string[] =>
  Object.entries(graphs).flatMap(([graph, { tolerances = {}, edge }]) => [
    ...looser(graph, tolerances, exactTolerance),
    ...looser(`${graph} (quantized)`, edge?.tolerances ?? {}, quantizedTolerance),
  ]);

const looser = (graph: string, tolerances: Readonly<Record<string, Tolerance>>, usual: Tolerance): string[] =>
  Object.entries(tolerances)
    .filter(([, tolerance]) => isLooser(tolerance, usual))
    .map(([output, tolerance]) => `${graph}.${output}: ${toleranceText(tolerance)}`);

/** The inputs with known answers of a version, over all its graphs. */
export const goldensCount = ({ graphs }: Pick<Manifest, 'graphs'>): number =>
  Object.values(graphs).reduce((sum, { goldens = [] }) => sum + goldens.length, 0);
