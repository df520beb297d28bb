import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../local/project-root.js';
import { blobBytesMax } from '../resolve-source.js';
import { throwAwayScript } from '../throw-away-script.js';
import { type GraphBytes, inspectMemoryBytesMax, type InspectOptions, inspectTimeoutMs } from '../throw-away-runner.js';

/** What weights are called that were in the graph. Fixed: the name stands in the graph, and so in its digest. */
export const weightsFile = 'weights.bin';

/**
 * The graph as onnxruntime would optimise it when it loads it (level `extended`, which gives the same bytes on every
 * machine), so that no edge has to; with its weights beside it, because a graph with weights inside takes twice their
 * memory while it loads. Undefined when onnxruntime cannot write it so, or a file would be too large for a blob.
 */
export async function optimiseGraph(
  graph: GraphBytes,
  weights: typeof weightsFile | null,
  { timeoutMs, memoryBytesMax, signal }: InspectOptions = {},
): Promise<GraphBytes | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'brink-optimise-'));
  try {
    const [source, target] = [join(folder, 'source.onnx'), join(folder, 'optimised.onnx')];
    await writeFile(source, graph.model);
    for (const [file, bytes] of Object.entries(graph.externalData)) await writeFile(join(folder, file), bytes);
    const [line] = await throwAwayScript({
      script: join(projectRoot(), 'scripts', 'publish', 'optimise', 'optimise-graph.mjs'),
      cwd: folder,
      input: JSON.stringify({ source, target, weights }),
      timeoutMs: timeoutMs ?? inspectTimeoutMs,
      memoryBytesMax: memoryBytesMax ?? inspectMemoryBytesMax,
      signal,
    });
    signal?.throwIfAborted();
    if (line === undefined || (JSON.parse(line) as { error: string | null }).error !== null) return undefined;
    const model = await readFile(target);
    const external = weights === null ? undefined : await readIfThere(join(folder, weights));
    if (Math.max(model.byteLength, external?.byteLength ?? 0) > blobBytesMax) return undefined;
    return { file: graph.file, model, externalData: external === undefined ? {} : { [weightsFile]: external } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined || found.size === 0 ? undefined : readFile(path);
}
