import { basename } from 'node:path';
import type { Definition } from '../../models/define.js';
import { manifestDigest } from '../../shared/manifest/digest.js';
import { type BlobRef, blobsOf, type Manifest } from '../../shared/manifest/manifest.js';
import type { Signature } from '../../shared/protocol/tensor.js';
import { projectRoot } from '../local/project-root.js';
import { checkGraph } from './graph/check-graph.js';
import { loadDefinition } from './load-definition.js';
import { type DefinitionBlobs, makeManifest } from './make-manifest.js';
import type { PublishObserver } from './publish-events.js';
import { PublishError } from './publish-error.js';
import { type GraphBytes, readSignature } from './read-signature.js';
import { type ResolvedFile, resolveSource } from './resolve-source.js';

/** A version that is ready to be stored: what it is, and the bytes of its blobs by their SHA-256. */
export interface PreparedVersion {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export interface PrepareOptions {
  /** The model's name instead of the definition's. */
  readonly name?: string | undefined;
  readonly onEvent?: PublishObserver | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly inspectTimeoutMs?: number;
  readonly runnerJs?: string;
}

/** A folder (or definition, or `.onnx` file) → a version, without asking any server. */
export async function prepareVersion(path: string, options: PrepareOptions = {}): Promise<PreparedVersion> {
  const loaded = await loadDefinition(path, options.name);
  const { definition } = loaded;
  const read = await readFiles(definition, loaded.folder);
  const bytes = [...read.blobs.values()].reduce((sum, blob) => sum + blob.byteLength, 0);
  options.onEvent?.({ stage: 'read', model: definition.name, files: read.blobs.size, bytes });
  const signatures: Record<string, Signature> = {};
  for (const [name, graph] of Object.entries(read.graphs)) {
    options.onEvent?.({ stage: 'inspect', model: definition.name, graph: name });
    const { signal, runnerJs } = options;
    pass(name, graph);
    signatures[name] = await readSignature(name, graph, {
      signal,
      ...(options.inspectTimeoutMs === undefined ? {} : { timeoutMs: options.inspectTimeoutMs }),
      ...(runnerJs === undefined ? {} : { runnerJs }),
    });
  }
  const manifest = makeManifest(definition, read.refs, signatures);
  return { manifest, digest: await manifestDigest(manifest), blobs: neededOf(manifest, read.blobs) };
}

/** The gate, before anything else reads a graph. */
function pass(name: string, { file, model, externalData }: GraphBytes): void {
  try {
    checkGraph(model, new Map(Object.entries(externalData).map(([path, { byteLength }]) => [path, byteLength])));
  } catch (error) {
    if (!(error instanceof PublishError)) throw error;
    throw new PublishError(error.code, `graph "${name}" (${file}) is refused: ${error.message}`, { cause: error });
  }
}

interface ReadFiles {
  readonly refs: DefinitionBlobs;
  readonly graphs: Readonly<Record<string, GraphBytes>>;
  readonly blobs: Map<string, Uint8Array>;
}

async function readFiles(definition: Definition, folder: string): Promise<ReadFiles> {
  const root = projectRoot();
  const blobs = new Map<string, Uint8Array>();
  const resolve = async (source: Definition['files'][string], what: string): Promise<ResolvedFile> => {
    const file = await resolveSource(source, { folder, projectRoot: root, what });
    blobs.set(file.sha256, file.bytes);
    return file;
  };
  const refs = {
    graphs: {} as Record<string, DefinitionBlobs['graphs'][string]>,
    files: {} as Record<string, BlobRef>,
  };
  const graphs: Record<string, GraphBytes> = {};
  for (const [name, graph] of Object.entries(definition.graphs)) {
    const model = await resolve(graph, `graph "${name}"`);
    const weights: Record<string, ResolvedFile> = {};
    for (const [file, source] of Object.entries(graph.externalData ?? {})) {
      weights[file] = await resolve(source, `external data "${file}" of graph "${name}"`);
    }
    refs.graphs[name] = { model: refOf(model), externalData: mapValues(weights, refOf) };
    graphs[name] = {
      file: basename(graph.from),
      model: model.bytes,
      externalData: mapValues(weights, ({ bytes }) => bytes),
    };
  }
  for (const [name, source] of Object.entries(definition.files)) {
    refs.files[name] = refOf(await resolve(source, `file "${name}"`));
  }
  return { refs, graphs, blobs };
}

const refOf = ({ sha256, bytes }: ResolvedFile): BlobRef => ({ sha256, bytes: bytes.byteLength });

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

function neededOf(manifest: Manifest, blobs: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  return new Map(
    blobsOf(manifest).map(({ sha256 }) => {
      const bytes = blobs.get(sha256);
      if (bytes === undefined) throw new PublishError('missing-file', `the blob ${sha256} was not read`);
      return [sha256, bytes];
    }),
  );
}
