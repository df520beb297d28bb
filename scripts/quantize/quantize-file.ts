import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { UsageError } from '../commands/usage-error.js';
import { loadDefinition } from '../publish/load-definition.js';
import { readFiles } from '../publish/read-files.js';
import { EditableModel } from './graph/editable-model.js';
import { type QuantizedModelGraph, quantizeModel, type QuantizeOptions } from './quantize-model.js';

export interface QuantizeFileOptions extends QuantizeOptions {
  /** Where the graph is written, its weights inside; what was there is replaced. */
  readonly out: string | undefined;
  /** Needed where the definition has several. */
  readonly graph: string | undefined;
  readonly examples: string | undefined;
  readonly name: string | undefined;
}

/** One graph of a folder, definition or `.onnx` file, quantized. Throws UsageError and PublishError. */
export async function quantizeFile(path: string, options: QuantizeFileOptions): Promise<QuantizedModelGraph> {
  const { out, name, examples } = options;
  if (out !== undefined && extname(out).toLowerCase() !== '.onnx') {
    throw new UsageError(`expected -o to name a .onnx file, got "${basename(out)}"`);
  }
  const { definition, folder } = await loadDefinition(path, name);
  const read = await readFiles(definition, folder, { signal: options.signal });
  try {
    const graph = chosenGraph(Object.keys(read.graphs), options.graph);
    const result = await quantizeModel(graph, { definition, read, examplesPath: examples }, { ...options, work: read.work }); // prettier-ignore
    if (out !== undefined) await writeWhole(out, result);
    return result;
  } finally {
    await read.work.remove();
  }
}

function chosenGraph(graphs: readonly string[], wanted: string | undefined): string {
  const [only] = graphs;
  const chosen = wanted ?? (graphs.length === 1 ? only : undefined);
  if (chosen !== undefined && graphs.includes(chosen)) return chosen;
  const got = wanted === undefined ? 'none' : `"${wanted.slice(0, 64)}"`;
  throw new UsageError(`expected --graph to name one of ${graphs.join(', ')}, got ${got}`);
}

/** The file is there whole or as it was: nobody reads half of one. */
async function writeWhole(out: string, { quantized }: QuantizedModelGraph): Promise<void> {
  const { model } = (await EditableModel.open(quantized)).finish(null);
  const beside = `${out}.${process.pid}.part`;
  try {
    await writeFile(beside, model);
    await rename(beside, out);
  } catch (error) {
    await rm(beside, { force: true });
    throw new UsageError(`cannot write ${out}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
