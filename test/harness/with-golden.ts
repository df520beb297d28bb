import { encodeGolden } from '../../shared/golden/encode-golden.js';
import type { Golden } from '../../shared/golden/golden.js';
import type { Tolerance } from '../../shared/golden/tolerance.js';
import type { BlobRef, Manifest } from '../../shared/manifest/manifest.js';

/** A manifest's graphs, with one of them given these goldens; the blobs are put wherever `put` puts them. */
export async function withGoldens(
  graphs: Manifest['graphs'],
  graph: string,
  goldens: readonly (Golden | Uint8Array)[],
  put: (bytes: Uint8Array) => BlobRef | Promise<BlobRef>,
  tolerances?: Readonly<Record<string, Tolerance>>,
): Promise<Manifest['graphs']> {
  const entry = graphs[graph];
  if (entry === undefined) throw new Error(`there is no graph ${graph}`);
  const refs: BlobRef[] = [];
  for (const golden of goldens) refs.push(await put(golden instanceof Uint8Array ? golden : encodeGolden(golden)));
  return { ...graphs, [graph]: { ...entry, goldens: refs, ...(tolerances === undefined ? {} : { tolerances }) } };
}
