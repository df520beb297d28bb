import { basename } from 'node:path';
import type { Definition } from '../../models/define.js';
import type { BlobRef } from '../../shared/manifest/manifest.js';
import type { Content } from './content/content.js';
import { WorkFolder } from './content/work-folder.js';
import { projectRoot } from '../local/project-root.js';
import type { DefinitionBlobs } from './make-manifest.js';
import { resolveSource } from './resolve-source.js';
import type { GraphBytes } from './throw-away-runner.js';

/** The files of a definition, as they are now: what is hashed is what is inspected and uploaded. */
export interface ReadFiles {
  readonly refs: DefinitionBlobs;
  readonly graphs: Readonly<Record<string, GraphBytes>>;
  readonly blobs: Map<string, Content>;
  /** Where the large ones lie: to be removed when nobody needs them any more. */
  readonly work: WorkFolder;
}

/** The ONNX format is protobuf's, whose messages have no more. */
const graphBytesMax = 2 ** 31 - 1;

export interface ReadOptions {
  /** Default: a new one. When reading fails it is removed. */
  readonly work?: WorkFolder;
  readonly signal?: AbortSignal | undefined;
}

/** Reads every file that a definition names, and hashes it; what is large is copied while it is hashed. Throws PublishError. */
export async function readFiles(
  definition: Definition,
  folder: string,
  { work = new WorkFolder(), signal }: ReadOptions = {},
): Promise<ReadFiles> {
  try {
    return await readAll(definition, folder, work, signal);
  } catch (error) {
    await work.remove();
    throw error;
  }
}

async function readAll(
  definition: Definition,
  folder: string,
  work: WorkFolder,
  signal: AbortSignal | undefined,
): Promise<ReadFiles> {
  const root = projectRoot();
  const blobs = new Map<string, Content>();
  const resolve = async (source: Definition['files'][string], what: string, bytesMax?: number): Promise<Content> => {
    const file = await resolveSource(source, { folder, projectRoot: root, what, work, bytesMax, signal });
    blobs.set(file.sha256, file);
    return file;
  };
  const refs = {
    graphs: {} as Record<string, DefinitionBlobs['graphs'][string]>,
    files: {} as Record<string, BlobRef>,
  };
  const graphs: Record<string, GraphBytes> = {};
  for (const [name, graph] of Object.entries(definition.graphs)) {
    const model = await resolve(graph, `graph "${name}"`, graphBytesMax);
    const weights: Record<string, Content> = {};
    for (const [file, source] of Object.entries(graph.externalData ?? {})) {
      weights[file] = await resolve(source, `external data "${file}" of graph "${name}"`);
    }
    refs.graphs[name] = { model: refOf(model), externalData: mapValues(weights, refOf) };
    graphs[name] = {
      file: basename(graph.from),
      model: await model.bytes(),
      externalData: weights,
    };
  }
  for (const [name, source] of Object.entries(definition.files)) {
    refs.files[name] = refOf(await resolve(source, `file "${name}"`));
  }
  return { refs, graphs, blobs, work };
}

const refOf = ({ sha256, byteLength }: Content): BlobRef => ({ sha256, bytes: byteLength });

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
