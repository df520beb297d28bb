import type { Manifest } from '../../../shared/manifest/manifest.js';
import { type Measurements, measurementsSchema } from '../../../shared/measure/measurements.js';
import type { ArtifactSource } from '../../artifacts/artifact-source.js';
import { bucketOf } from './shape-bucket.js';
import type { CostLine } from './size-costs.js';

/** Nobody waits for it; figures that come later than this are no news any more. */
const fetchMsMax = 10_000;

/**
 * What runs of a version cost where it was published, by bucket. Only of the shapes that were measured: others may cost
 * anything. Fails open: without figures the batcher learns from its own runs alone.
 */
export async function publishedCosts(
  source: Pick<ArtifactSource, 'measurements'>,
  digest: string,
  graphs: Manifest['graphs'],
): Promise<ReadonlyMap<string, CostLine>> {
  const text = await source.measurements?.(digest, AbortSignal.timeout(fetchMsMax)).catch(() => undefined);
  const parsed = measurementsSchema.safeParse(text === undefined ? undefined : jsonOr(text));
  return parsed.success && parsed.data.digest === digest ? costLines(parsed.data, graphs) : new Map();
}

function costLines({ origin }: Measurements, graphs: Manifest['graphs']): Map<string, CostLine> {
  const lines = new Map<string, CostLine>();
  for (const [name, { shapes, profile }] of Object.entries(origin ?? {})) {
    const graph = Object.hasOwn(graphs, name) ? graphs[name] : undefined;
    if (graph === undefined || profile === null || !isPlausible(profile)) continue;
    const inputs = graph.signature.inputs.map((input) => ({ ...input, shape: shapes[input.name] ?? input.shape }));
    lines.set(bucketOf(name, inputs), profile);
  }
  return lines;
}

/** More rows never cost less, and no run costs nothing: a line through noise may say so. */
const isPlausible = ({ aMs, bMs }: CostLine): boolean => aMs >= 0 && aMs + bMs > 0;

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
