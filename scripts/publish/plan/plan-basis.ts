import type { Definition } from '../../../models/define.js';
import { canonicalJson } from '../../../shared/manifest/canonical.js';
import { sha256Hex } from '../../../shared/manifest/digest.js';
import type { Manifest } from '../../../shared/manifest/manifest.js';
import type { EdgeBudget } from '../measure/measured.js';

/**
 * The SHA-256 of all that a decision rests on: the graphs as they are stored, with goldens and tolerances, and what their
 * author and the publisher ask of them. Deadlines, settings and labels may change without anything being decided anew.
 */
export async function planBasis(
  { graphs, placement, batching }: Manifest,
  { edgeLatencyMs, graphs: declared }: Pick<Definition, 'edgeLatencyMs' | 'graphs'>,
  { isolateBytes, heapBytes, baseBytes }: EdgeBudget,
): Promise<string> {
  const largest = Object.fromEntries(Object.entries(declared).map(([name, graph]) => [name, graph.largest ?? null]));
  const asked = { largest, edgeLatencyMs: edgeLatencyMs ?? null, budget: { isolateBytes, heapBytes, baseBytes } };
  const basis = JSON.parse(JSON.stringify({ graphs, placement, batching, asked })) as Parameters<
    typeof canonicalJson
  >[0];
  return sha256Hex(new TextEncoder().encode(canonicalJson(basis)));
}
