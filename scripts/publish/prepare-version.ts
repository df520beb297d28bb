import type { Definition } from '../../models/define.js';
import { manifestDigest } from '../../shared/manifest/digest.js';
import { type BlobRef, blobsOf, type Manifest } from '../../shared/manifest/manifest.js';
import type { Signature } from '../../shared/protocol/tensor.js';
import { compileGraph, type CompileOptions } from './compile-graph.js';
import type { Content } from './content/content.js';
import { InMemory } from './content/in-memory.js';
import { loadDefinition } from './load-definition.js';
import { type GraphBlobs, makeManifest } from './make-manifest.js';
import type { Artifact } from './optimise/choose-artifact.js';
import type { PublishObserver } from './publish-events.js';
import { PublishError } from './publish-error.js';
import { readFiles } from './read-files.js';

/** A version that is ready to be stored: what it is, and the bytes of its blobs by their SHA-256. */
export interface PreparedVersion {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly blobs: ReadonlyMap<string, Content>;
}

export interface PrepareOptions {
  /** The model's name instead of the definition's. */
  readonly name?: string | undefined;
  readonly onEvent?: PublishObserver | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly inspectTimeoutMs?: number;
  readonly runnerJs?: string;
  /** False: graphs are stored as they are, whatever the definition says. */
  readonly optimise?: boolean;
}

/** A folder (or definition, or `.onnx` file) → a version, without asking any server. */
export async function prepareVersion(path: string, options: PrepareOptions = {}): Promise<PreparedVersion> {
  const loaded = await loadDefinition(path, options.name);
  const { definition } = loaded;
  const read = await readFiles(definition, loaded.folder);
  const bytes = [...read.blobs.values()].reduce((sum, blob) => sum + blob.byteLength, 0);
  options.onEvent?.({ stage: 'read', model: definition.name, files: read.blobs.size, bytes });
  const signatures: Record<string, Signature> = {};
  const graphs: Record<string, GraphBlobs> = {};
  for (const [name, graph] of Object.entries(read.graphs)) {
    const compiled = await compileGraph(name, graph, compileOptions(name, definition, options));
    signatures[name] = compiled.signature;
    graphs[name] = stored(compiled.artifact, read.blobs);
  }
  const manifest = makeManifest(definition, { ...read.refs, graphs }, signatures);
  return { manifest, digest: await manifestDigest(manifest), blobs: neededOf(manifest, read.blobs) };
}

function compileOptions(graph: string, definition: Definition, options: PrepareOptions): CompileOptions {
  const { onEvent, signal, runnerJs, inspectTimeoutMs, optimise = true } = options;
  return {
    optimise: optimise && definition.graphs[graph]?.optimise !== false,
    forEdge: definition.placement.tiers.includes('edge'),
    onStage: (stage) => onEvent?.({ stage, model: definition.name, graph }),
    signal,
    ...(inspectTimeoutMs === undefined ? {} : { timeoutMs: inspectTimeoutMs }),
    ...(runnerJs === undefined ? {} : { runnerJs }),
  };
}

/** Puts an artifact's files among the blobs. */
function stored({ graph, optimised }: Artifact, blobs: Map<string, Content>): GraphBlobs {
  const put = (content: Content): BlobRef => {
    blobs.set(content.sha256, content);
    return { sha256: content.sha256, bytes: content.byteLength };
  };
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
