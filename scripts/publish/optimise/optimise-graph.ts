import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobBytesMax } from '../../../shared/manifest/blob-limits.js';
import { projectRoot } from '../../local/project-root.js';
import type { Content } from '../content/content.js';
import { InMemory } from '../content/in-memory.js';
import { OnDisk } from '../content/on-disk.js';
import { WorkFolder } from '../content/work-folder.js';
import type { OnnxGraph } from '../graph/onnx-model.js';
import { readModel } from '../graph/read-model.js';
import { graphSize } from '../graph-size.js';
import { type ProcessLimits, processLimits } from '../process-limits.js';
import { inMemoryBytesMax } from '../resolve-source.js';
import { throwAwayScript } from '../throw-away-script.js';
import type { GraphBytes, InspectOptions } from '../throw-away-runner.js';

/** What the file with the weights is called. Fixed: the name stands in the graph, and so in its digest. */
export const weightsFile = 'weights.bin';
/** Where the graph's author has a file of that name already. */
const otherWeightsFile = 'optimised-weights.bin';

/** The ONNX format is protobuf's, whose messages have no more. */
const graphBytesMax = 2 ** 31 - 1;

/**
 * The graph as onnxruntime would optimise it when it loads it (level `extended`, which gives the same bytes on every
 * machine), so that no edge has to; with its weights beside it, because a graph with weights inside takes twice their
 * memory while it loads. Undefined when onnxruntime cannot write it so, or a file would be too large for a blob.
 */
export async function optimiseGraph(
  graph: GraphBytes,
  placing: 'beside' | 'inside',
  { work, signal, ...options }: InspectOptions = {},
): Promise<GraphBytes | undefined> {
  if (placing === 'inside' && graphSize(graph) > graphBytesMax) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'brink-optimise-'));
  try {
    const weights = Object.hasOwn(graph.externalData, weightsFile) ? otherWeightsFile : weightsFile;
    const [source, target] = [join(folder, 'source.onnx'), join(folder, 'out', 'optimised.onnx')];
    await mkdir(join(folder, 'out'));
    await writeFile(source, graph.model);
    for (const [file, content] of Object.entries(graph.externalData)) await content.writeTo(join(folder, file));
    const [line] = await throwAwayScript({
      script: join(projectRoot(), 'scripts', 'publish', 'optimise', 'optimise-graph.mjs'),
      cwd: folder,
      input: JSON.stringify({ source, target, weights: placing === 'beside' ? weights : null }),
      ...processLimits(graphSize(graph)),
      ...limitsOf(options),
      signal,
    });
    signal?.throwIfAborted();
    if (line === undefined || (JSON.parse(line) as { error: string | null }).error !== null) return undefined;
    const modelBytes = (await stat(target)).size;
    if (modelBytes > graphBytesMax) return undefined;
    const model = await readFile(target);
    const written = await writtenWeights(join(folder, 'out', weights), work);
    if (Math.max(model.byteLength, written?.byteLength ?? 0) > blobBytesMax) return undefined;
    // Small weights that lay beside the graph still do.
    const files = { ...graph.externalData, ...(written === undefined ? {} : { [weights]: written }) };
    const externalData = Object.fromEntries([...externalFilesOf(model)].flatMap((file) => entryOf(files, file)));
    return { file: graph.file, model, externalData };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What onnxruntime wrote beside the graph, if it did: in memory where that is small. */
async function writtenWeights(path: string, work = new WorkFolder()): Promise<Content | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size <= inMemoryBytesMax) return new InMemory(await file.readFile());
    return await OnDisk.copyOf(file, await work.newFile());
  } finally {
    await file.close();
  }
}

function limitsOf({ timeoutMs, memoryBytesMax }: InspectOptions): Partial<ProcessLimits> {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(memoryBytesMax === undefined ? {} : { memoryBytesMax }),
  };
}

const entryOf = (files: Readonly<Record<string, Content>>, name: string): [string, Content][] => {
  const content = Object.hasOwn(files, name) ? files[name] : undefined;
  return content === undefined ? [] : [[name, content]];
};

/** The files that a graph takes weights from. */
function externalFilesOf(bytes: Uint8Array): Set<string> {
  const files = new Set<string>();
  const add = ({ initializers, nodes }: Pick<OnnxGraph, 'initializers' | 'nodes'>): void => {
    const tensors = nodes.flatMap(({ attributes }) => attributes.flatMap((attribute) => attribute.tensors));
    for (const { external } of [...initializers, ...tensors]) {
      const location = external?.get('location');
      if (location !== undefined) files.add(location);
    }
    for (const { attributes } of nodes) for (const { graphs } of attributes) graphs.forEach(add);
  };
  const { graph, functions } = readModel(bytes);
  add(graph);
  for (const { nodes } of functions) add({ initializers: [], nodes });
  return files;
}
