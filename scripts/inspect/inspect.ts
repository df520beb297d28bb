import { loadDefinition } from '../publish/load-definition.js';
import { readFiles, type ReadFiles } from '../publish/read-files.js';
import type { InspectOptions } from '../publish/throw-away-runner.js';
import { type GraphInspection, inspectGraph, type InspectStage } from './inspect-graph.js';
import { type InputShapes, parseShapes } from './input-shapes.js';
import { UsageError } from '../commands/usage-error.js';

export interface Inspection {
  readonly model: string;
  readonly graphs: readonly GraphInspection[];
}

export interface InspectFlags extends InspectOptions {
  /** `x=1,3,48,320`; with several graphs `detect:x=1,3,480,480`. */
  readonly shapes: readonly string[];
  /** The model's name, where the file's is none. */
  readonly name?: string | undefined;
  readonly onStage?: ((graph: string, stage: InspectStage) => void) | undefined;
}

/** A model folder, definition or `.onnx` file, looked at from all sides; no server is asked. Throws PublishError. */
export async function inspect(
  path: string,
  { shapes, name: as, onStage, ...options }: InspectFlags,
): Promise<Inspection> {
  const { definition, folder } = await loadDefinition(path, as);
  const { graphs, work } = await readFiles(definition, folder, { signal: options.signal });
  try {
    return { model: definition.name, graphs: await inspectAll(graphs, shapes, { onStage, ...options }) };
  } finally {
    await work.remove();
  }
}

async function inspectAll(
  graphs: ReadFiles['graphs'],
  shapes: readonly string[],
  { onStage, ...options }: Omit<InspectFlags, 'shapes' | 'name'>,
): Promise<GraphInspection[]> {
  const shapesOf = shapesByGraph(Object.keys(graphs), shapes);
  const inspected: GraphInspection[] = [];
  for (const [name, graph] of Object.entries(graphs)) {
    const onStageOf = onStage === undefined ? {} : { onStage: (stage: InspectStage) => onStage(name, stage) };
    inspected.push(await inspectGraph(name, graph, { ...options, shapes: shapesOf.get(name) ?? {}, ...onStageOf }));
  }
  return inspected;
}

function shapesByGraph(graphs: readonly string[], texts: readonly string[]): Map<string, InputShapes> {
  const [only] = graphs;
  const shapes = new Map<string, InputShapes>();
  for (const text of texts) {
    const named = graphs.find((graph) => text.startsWith(`${graph}:`));
    const graph = named ?? (graphs.length === 1 ? only : undefined);
    if (graph === undefined) {
      throw new UsageError(`expected a shape as <graph>:<input>=<sizes>, of graph ${graphs.join(', ')}, got "${text.slice(0, 64)}"`); // prettier-ignore
    }
    const shape = parseShapes([named === undefined ? text : text.slice(named.length + 1)]);
    shapes.set(graph, { ...shapes.get(graph), ...shape });
  }
  return shapes;
}
