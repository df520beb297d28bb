import type { Definition } from '../../models/define.js';
import type { Tolerance } from '../../shared/golden/tolerance.js';
import { type BlobRef, type Manifest, manifestSchema } from '../../shared/manifest/manifest.js';
import type { Signature } from '../../shared/protocol/tensor.js';
import { checkSignature } from './check-signature.js';
import { issuesOf } from './load-definition.js';
import { PublishError } from './publish-error.js';

/** The blobs of what is loaded of a graph. */
export interface ArtifactBlobs {
  readonly model: BlobRef;
  readonly externalData: Readonly<Record<string, BlobRef>>;
  readonly optimised?: 'extended';
}

/** The blobs of one graph, as it is stored. */
export interface GraphBlobs extends ArtifactBlobs {
  readonly edge?: ArtifactBlobs & { readonly tolerances: Readonly<Record<string, Tolerance>> };
  readonly goldens?: readonly BlobRef[];
}

/** The blobs of a definition's files, under the definition's names. */
export interface DefinitionBlobs {
  readonly graphs: Readonly<Record<string, GraphBlobs>>;
  readonly files: Readonly<Record<string, BlobRef>>;
}

/** Definition, files and signatures as read from the graphs → manifest. The same input gives the same digest anywhere. */
export function makeManifest(
  definition: Definition,
  blobs: DefinitionBlobs,
  signatures: Readonly<Record<string, Signature>>,
): Manifest {
  const graphs = Object.entries(definition.graphs).map(([name, graph]) => {
    const read = present(signatures[name], `signature of graph "${name}"`);
    if (graph.signature !== undefined) checkSignature(name, graph.signature, read);
    const { tolerances, signature = read } = graph;
    const stored = present(blobs.graphs[name], `graph "${name}"`);
    return [name, { ...stored, signature, ...(tolerances === undefined ? {} : { tolerances }) }];
  });
  const parsed = manifestSchema.safeParse({
    schema: 1,
    model: definition.name,
    graphs: Object.fromEntries(graphs) as unknown,
    inferGraph: inferGraphOf(definition),
    handler: definition.handler ?? null,
    files: blobs.files,
    settings: definition.settings,
    placement: definition.placement,
    batching: definition.batching ?? null,
    deadlineMs: definition.deadlineMs,
  });
  if (parsed.success) return parsed.data;
  throw new PublishError('invalid-definition', `the definition makes no valid manifest:\n${issuesOf(parsed.error)}`);
}

/** The graph of V2 `infer`: as wished, else the only one; null when several leave the choice open. */
function inferGraphOf({ graphs, inferGraph, handler }: Definition): string | null {
  const names = Object.keys(graphs);
  const [first] = names;
  if (first === undefined) throw new PublishError('invalid-definition', 'expected at least one graph, got none');
  if (typeof inferGraph === 'string' && !names.includes(inferGraph)) {
    throw new PublishError(
      'invalid-definition',
      `expected inferGraph to be one of ${names.join(', ')}, got "${inferGraph}"`,
    );
  }
  const chosen = inferGraph === undefined && names.length === 1 ? first : (inferGraph ?? null);
  if (chosen !== null || handler !== undefined) return chosen;
  throw new PublishError(
    'invalid-definition',
    'nothing could be asked of this model: it has no handler, and inferGraph names none of its graphs',
  );
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the ${what} was not resolved`);
  return value;
}
