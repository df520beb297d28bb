import type { Definition } from '../../../models/define.js';
import { encodeGolden } from '../../../shared/golden/encode-golden.js';
import { type BlobRef, blobsOf, type Manifest } from '../../../shared/manifest/manifest.js';
import type { Content } from '../content/content.js';
import { InMemory } from '../content/in-memory.js';
import { type ArtifactBlobs, type GraphBlobs, makeManifest } from '../make-manifest.js';
import type { Artifact } from '../optimise/choose-artifact.js';
import { PublishError } from '../publish-error.js';
import type { ReadFiles } from '../read-files.js';
import type { CompiledGraph } from './compile-stage.js';
import type { RecordedGraph } from './goldens-stage.js';

export interface UndecidedVersion {
  /** Placed as wished: what is measured is not in it yet. */
  readonly manifest: Manifest;
  readonly blobs: ReadonlyMap<string, Content>;
}

export interface VersionParts {
  readonly definition: Definition;
  readonly read: ReadFiles;
  readonly graphs: readonly CompiledGraph[];
  readonly recorded: Readonly<Record<string, RecordedGraph>>;
}

/** The manifest of what was compiled and recorded, and the blobs that it names. */
export function undecidedVersion({ definition, read, graphs, recorded }: VersionParts): UndecidedVersion {
  const blobs = new Map(read.blobs);
  const put = (content: Content): BlobRef => {
    blobs.set(content.sha256, content);
    return { sha256: content.sha256, bytes: content.byteLength };
  };
  const stored = graphs.map((graph): [string, GraphBlobs] => {
    const goldens = (recorded[graph.name]?.goldens ?? []).map((golden) => put(new InMemory(encodeGolden(golden))));
    return [graph.name, { ...storedGraph(graph, put), ...(goldens.length === 0 ? {} : { goldens }) }];
  });
  const signatures = Object.fromEntries(graphs.map(({ name, signature }) => [name, signature]));
  const manifest = makeManifest(definition, { ...read.refs, graphs: Object.fromEntries(stored) }, signatures);
  return { manifest, blobs: neededOf(manifest, blobs) };
}

function storedGraph({ artifact, edge }: CompiledGraph, put: (content: Content) => BlobRef): GraphBlobs {
  const files = storedArtifact(artifact, put);
  return edge === undefined ? files : { ...files, edge: { ...storedArtifact(edge.artifact, put), tolerances: edge.tolerances } }; // prettier-ignore
}

function storedArtifact({ graph, optimised }: Artifact, put: (content: Content) => BlobRef): ArtifactBlobs {
  const externalData = Object.entries(graph.externalData).map(([file, content]) => [file, put(content)] as const);
  const files = { model: put(new InMemory(graph.model)), externalData: Object.fromEntries(externalData) };
  return optimised ? { ...files, optimised: 'extended' } : files;
}

function neededOf(manifest: Manifest, blobs: ReadonlyMap<string, Content>): Map<string, Content> {
  return new Map(
    blobsOf(manifest).map(({ sha256 }) => {
      const content = blobs.get(sha256);
      if (content === undefined) throw new PublishError('missing-file', `the blob ${sha256} was not read`);
      return [sha256, content];
    }),
  );
}
